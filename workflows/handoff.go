package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/schemas"
)

// rollHandoffSteps is after how many steps a handoff continues as new.
const rollHandoffSteps = 300

// Handoff offers a conversation to people along the routing chain and keeps the
// clock: acceptance, time-outs, escalation, fallback, give-back. Its row is the
// truth; signals only wake it to read the row again. Spec: D19.
// Settled: rule 20.
func Handoff(ctx workflow.Context, in schemas.HandoffInput) (schemas.HandoffResult, error) {
	h := &handoff{in: in}
	err := workflow.SetQueryHandlerWithOptions(ctx, schemas.QueryState, h.view, workflow.QueryHandlerOptions{
		Description: "Where the handoff stands: state, tier, offer, person.",
	})
	if err != nil {
		return schemas.HandoffResult{}, fmt.Errorf("register %s: %w", schemas.QueryState, err)
	}
	workflow.GoNamed(ctx, "wake", h.listen)
	return h.run(ctx)
}

type handoff struct {
	in    schemas.HandoffInput
	now   schemas.HandoffStepResult
	woken bool
	tries int
	// told is the result of a step at a destination that could not be stored;
	// lost is true when the step before had no result.
	told *schemas.DeskStepResult
	lost bool
	// writing are the texts that a model was asked for in this run.
	writing map[int64]bool
	acts    *activities.Handoffs
}

func (h *handoff) view() (schemas.HandoffView, error) {
	return schemas.HandoffView{Handoff: h.in.Handoff, Step: h.now}, nil
}

// listen turns wake signals into a flag. A signal that is lost with a run
// matters not: the next run reads the row first.
func (h *handoff) listen(ctx workflow.Context) {
	wakes := workflow.GetSignalChannelWithOptions(ctx, schemas.SignalWake, workflow.SignalChannelOptions{
		Description: "The handoff's row has changed; read it again.",
	})
	for {
		wakes.Receive(ctx, nil)
		if ctx.Err() != nil {
			return
		}
		h.woken = true
	}
}

func (h *handoff) run(ctx workflow.Context) (schemas.HandoffResult, error) {
	for steps := 1; ; steps++ {
		h.woken = false
		err := workflow.ExecuteLocalActivity(local(ctx, "next in line"), h.acts.HandoffStep,
			schemas.HandoffStepInput{Handoff: h.in.Handoff}).Get(ctx, &h.now)
		if err != nil {
			if err := workflow.Sleep(ctx, backoff(h.tries)); err != nil {
				return h.result(), err
			}
			h.tries++
			continue
		}
		h.tries = 0
		workflow.SetCurrentDetails(ctx, h.details())
		if h.now.State.Ended() && !h.now.DeskOpen && h.told == nil {
			return h.result(), nil
		}
		h.write(ctx)
		// A result that is not stored yet would be lost with the run.
		if h.told == nil && (steps >= rollHandoffSteps || workflow.GetInfo(ctx).GetContinueAsNewSuggested()) {
			return schemas.HandoffResult{}, workflow.NewContinueAsNewError(ctx, Handoff, schemas.HandoffInput{
				Handoff: h.in.Handoff, Steps: h.in.Steps + steps,
			})
		}
		if h.now.DeskDue || h.told != nil || h.lost {
			if err := h.tell(ctx); err != nil {
				return h.result(), err
			}
			continue
		}
		if err := h.wait(ctx); err != nil {
			return h.result(), err
		}
	}
}

// tell makes one step at a destination. A result that is not stored goes along
// with the next one; a step without a result is settled by the next one.
// Settled: rule 8.
func (h *handoff) tell(ctx workflow.Context) error {
	var out schemas.DeskStepResult
	err := workflow.ExecuteActivity(deskStep(ctx, "tell a destination"), h.acts.DeskStep,
		schemas.DeskStepInput{Handoff: h.in.Handoff, Lost: h.lost, Last: h.told}).Get(ctx, &out)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		// Whether a step was claimed is in its row.
		h.lost = true
		err := workflow.Sleep(ctx, backoff(h.tries))
		h.tries++
		return err
	}
	h.lost, h.told = false, nil
	if !out.Stored {
		h.told = &out
		return workflow.Sleep(ctx, backoff(0))
	}
	return nil
}

// write asks a model for the texts that the row wants, each once in a run.
// Nothing waits for them.
func (h *handoff) write(ctx workflow.Context) {
	for _, in := range h.now.Write {
		if h.writing[in.Seq] {
			continue
		}
		if h.writing == nil {
			h.writing = map[int64]bool{}
		}
		h.writing[in.Seq] = true
		workflow.GoNamed(ctx, "write", func(ctx workflow.Context) {
			// One that fails is not written; the row keeps what it has.
			_ = workflow.ExecuteActivity(modelCall(ctx, "write for people", writeWithin), h.acts.WriteForPeople, in).Get(ctx, nil)
		})
	}
}

// writeWithin bounds all tries of one text for people.
const writeWithin = 2 * time.Minute

// wait waits until the row wants to be looked at, or somebody changed it.
func (h *handoff) wait(ctx workflow.Context) error {
	left := maxSleep
	if !h.now.Wake.IsZero() {
		left = min(max(h.now.Wake.Sub(workflow.Now(ctx)), clockSlack), maxSleep)
	}
	timed, cancel := workflow.WithCancel(ctx)
	defer cancel()
	timer := workflow.NewTimerWithOptions(timed, left, workflow.TimerOptions{Summary: h.waitsFor()})
	return workflow.Await(ctx, func() bool { return timer.IsReady() || h.woken })
}

func (h *handoff) waitsFor() string {
	switch h.now.State {
	case schemas.HandoffOffered:
		return fmt.Sprintf("offer %d times out", h.now.Offer)
	case schemas.HandoffAccepted:
		return "escalate if the customer waits"
	}
	return "look for people again"
}

func (h *handoff) details() string {
	s := h.now
	out := fmt.Sprintf("**%s** · reason: %s\n\n- tier %s, %d offers, %d escalations\n", s.State, s.Reason, s.Tier, s.Offer, s.Escalated)
	if s.Offered != "" {
		out += fmt.Sprintf("- offered to `%s`\n", s.Offered)
	}
	if s.Accepted != "" {
		out += fmt.Sprintf("- accepted by `%s`\n", s.Accepted)
	}
	if !s.Wake.IsZero() {
		out += "- looks again at " + s.Wake.UTC().Format(time.DateTime) + " UTC\n"
	}
	return out
}

func (h *handoff) result() schemas.HandoffResult {
	return schemas.HandoffResult{Handoff: h.in.Handoff, State: h.now.State, Offers: h.now.Offer}
}
