package schemas

// SweepInput starts a Sweep.
type SweepInput struct{}

// SweepResult counts what the sweep woke and settled.
type SweepResult struct {
	Woken   int `json:"woken"`
	Unknown int `json:"unknown"`
}
