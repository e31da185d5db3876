package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"steward/bench/replay-tau/shop"
)

// done is what the scripted agent says at the end of a task.
const done = "Everything that you have asked for is done."

// readTasks reads the repaired tasks: the customer's reason, one message of the
// agent for each gold action, and a last text.
func readTasks(folder fs.FS) ([]story, error) {
	raw, err := fs.ReadFile(folder, "tasks_fixed_tau2.json")
	if err != nil {
		return nil, fmt.Errorf("read tasks: %w", err)
	}
	var tasks []struct {
		ID       string `json:"id"`
		Scenario struct {
			Instructions struct {
				Reason string `json:"reason_for_call"`
			} `json:"instructions"`
		} `json:"user_scenario"`
		Criteria struct {
			Actions []call `json:"actions"`
		} `json:"evaluation_criteria"`
	}
	if err := json.Unmarshal(raw, &tasks); err != nil {
		return nil, fmt.Errorf("read tasks: %w", err)
	}
	if len(tasks) == 0 {
		return nil, errors.New("read tasks: there are none")
	}
	var out []story
	for _, task := range tasks {
		t := turn{say: task.Scenario.Instructions.Reason}
		for i := range task.Criteria.Actions {
			t.steps = append(t.steps, step{call: &task.Criteria.Actions[i]})
		}
		if n := len(t.steps); n == 0 || t.steps[n-1].call.Name != transferTool {
			t.steps = append(t.steps, step{text: done})
		}
		if t.say == "" {
			return nil, fmt.Errorf("task %s: the customer has no reason to write", task.ID)
		}
		out = append(out, story{id: "retail task " + task.ID, turns: []turn{t}, goodbye: true})
	}
	return out, nil
}

// goldState is the database after the gold actions alone. refused counts those
// that the shop refuses.
func goldState(files shop.Files, s story) (hash string, refused int, err error) {
	db, err := files.Open()
	if err != nil {
		return "", 0, err
	}
	for _, c := range s.calls() {
		answer, err := db.Call(c.Name, c.Arguments)
		if err != nil {
			return "", 0, fmt.Errorf("%s: %w", s.id, err)
		}
		if shop.Refused(answer) {
			refused++
		}
	}
	hash, err = db.Hash()
	return hash, refused, err
}
