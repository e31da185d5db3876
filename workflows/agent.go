package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/schemas"
)

// rollAgentCommands is after how many commands the agent's run continues as
// new.
const rollAgentCommands = 200

// Agent holds one agent's switch: on, off, or paused. Commands come as signals
// from the Temporal UI, the CLI or the API; each is written to Postgres, where
// it takes effect, and then the conversations that it moves are woken. It is
// not on the way of a message. Spec: D2. Settled: rule 18.
func Agent(ctx workflow.Context, in schemas.AgentInput) error {
	a := &agent{in: in, queue: in.Queue}
	err := workflow.SetQueryHandlerWithOptions(ctx, schemas.QueryState, a.view, workflow.QueryHandlerOptions{
		Description: "The agent's switch and pauses as last written to Postgres.",
	})
	if err != nil {
		return fmt.Errorf("register %s: %w", schemas.QueryState, err)
	}
	a.listen(ctx)
	workflow.GoNamed(ctx, "fan-out", a.fanOut)
	return a.run(ctx)
}

type agent struct {
	in    schemas.AgentInput
	queue []schemas.AgentCommand
	state schemas.AgentState
	// woken is the state number up to which conversations have been woken.
	woken   int64
	waking  bool
	rolling bool
	done    int
	tries   int
	inboxes []inbox
	acts    *activities.Agents
}

// inbox is one signal's channel and how its input becomes a command.
type inbox struct {
	channel workflow.ReceiveChannel
	read    func(converter.RawValue) schemas.AgentCommand
}

func (a *agent) view() (schemas.AgentState, error) { return a.state, nil }

// listen opens the signals. Their input is read by hand, because the SDK drops
// a signal that it cannot decode, and an operator who mistypes the input of a
// Pause means to stop the agent. Settled: rule 18.
func (a *agent) listen(ctx workflow.Context) {
	open := func(name, description string, read func(converter.RawValue) schemas.AgentCommand) {
		in := inbox{
			channel: workflow.GetSignalChannelWithOptions(ctx, name, workflow.SignalChannelOptions{Description: description}),
			read:    read,
		}
		a.inboxes = append(a.inboxes, in)
		workflow.GoNamed(ctx, name, func(ctx workflow.Context) {
			for ctx.Err() == nil {
				var raw converter.RawValue
				in.channel.Receive(ctx, &raw)
				if ctx.Err() == nil {
					a.queue = append(a.queue, read(raw))
				}
			}
		})
	}
	open(schemas.SignalPause, `Stop answering at once. Input: {"scope":"agent|channel|conversation","target":"…","until":"2026-01-31T09:00:00Z","reason":"…"}; none pauses the whole agent.`,
		func(raw converter.RawValue) schemas.AgentCommand {
			return schemas.AgentCommand{Kind: schemas.CommandPause, Pause: readPause(raw)}
		})
	open(schemas.SignalResume, `End a pause. Input as for Pause; none ends every pause.`,
		func(raw converter.RawValue) schemas.AgentCommand {
			return readResume(raw)
		})
	open(schemas.SignalSwitchOn, `Take new conversations. Input: {"reason":"…"} or none.`,
		func(raw converter.RawValue) schemas.AgentCommand {
			return schemas.AgentCommand{Kind: schemas.CommandSwitchOn, Switch: readSwitch(raw)}
		})
	open(schemas.SignalSwitchOff, `Take no new conversations; go on with those it has. Input: {"reason":"…"} or none.`,
		func(raw converter.RawValue) schemas.AgentCommand {
			return schemas.AgentCommand{Kind: schemas.CommandSwitchOff, Switch: readSwitch(raw)}
		})
}

// readPause reads a pause; what cannot be read is the whole agent.
func readPause(raw converter.RawValue) schemas.PauseInput {
	var p schemas.PauseInput
	if raw.Payload() == nil || converter.GetDefaultDataConverter().FromPayload(raw.Payload(), &p) != nil || p.Validate() != nil {
		return schemas.PauseInput{Scope: schemas.ScopeAgent, Reason: p.Reason}
	}
	return p
}

// readResume reads the end of a pause; what cannot be read ends nothing.
func readResume(raw converter.RawValue) schemas.AgentCommand {
	var p schemas.PauseInput
	if raw.Payload() != nil && (converter.GetDefaultDataConverter().FromPayload(raw.Payload(), &p) != nil || p.Validate() != nil) {
		return schemas.AgentCommand{Kind: schemas.CommandRead}
	}
	return schemas.AgentCommand{Kind: schemas.CommandResume, Pause: p}
}

func readSwitch(raw converter.RawValue) schemas.SwitchInput {
	var s schemas.SwitchInput
	if raw.Payload() == nil || converter.GetDefaultDataConverter().FromPayload(raw.Payload(), &s) != nil {
		return schemas.SwitchInput{}
	}
	return s
}

func (a *agent) run(ctx workflow.Context) error {
	if err := a.apply(ctx, schemas.AgentCommand{Kind: schemas.CommandRead}); err != nil {
		return err
	}
	for {
		if err := a.wait(ctx); err != nil {
			return err
		}
		if a.done >= rollAgentCommands || workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return a.roll(ctx)
		}
		command := schemas.AgentCommand{Kind: schemas.CommandExpire}
		if len(a.queue) > 0 {
			command = a.queue[0]
		}
		if err := a.apply(ctx, command); err != nil {
			return err
		}
	}
}

// wait waits for a command or for the end of a pause.
func (a *agent) wait(ctx workflow.Context) error {
	left := maxSleep
	if !a.state.Next.IsZero() {
		left = min(max(a.state.Next.Sub(workflow.Now(ctx)), clockSlack), maxSleep)
	}
	timed, cancel := workflow.WithCancel(ctx)
	defer cancel()
	timer := workflow.NewTimerWithOptions(timed, left, workflow.TimerOptions{Summary: "pause ends"})
	return workflow.Await(ctx, func() bool { return timer.IsReady() || len(a.queue) > 0 })
}

// apply writes one command and takes it off the queue once it is written. The
// number makes it once, however often it is tried.
func (a *agent) apply(ctx workflow.Context, command schemas.AgentCommand) error {
	in := schemas.AgentCommandInput{Agent: a.in.Agent, Command: command, Number: a.state.Number + 1}
	for {
		var out schemas.AgentState
		err := workflow.ExecuteLocalActivity(local(ctx, string(command.Kind)), a.acts.ApplyAgentCommand, in).Get(ctx, &out)
		if err == nil {
			a.state, a.tries = out, 0
			break
		}
		if err := workflow.Sleep(ctx, backoff(a.tries)); err != nil {
			return err
		}
		a.tries++
		// The row may have moved on without this run knowing.
		read := schemas.AgentCommandInput{Agent: a.in.Agent, Command: schemas.AgentCommand{Kind: schemas.CommandRead}}
		if workflow.ExecuteLocalActivity(local(ctx, "read"), a.acts.ApplyAgentCommand, read).Get(ctx, &out) == nil {
			a.state, in.Number = out, out.Number+1
		}
	}
	if len(a.queue) > 0 && command.Kind == a.queue[0].Kind {
		a.queue = a.queue[1:]
		a.done++
	}
	workflow.SetCurrentDetails(ctx, a.details())
	return nil
}

// fanOut wakes the conversations that the latest state moves.
func (a *agent) fanOut(ctx workflow.Context) {
	for {
		if workflow.Await(ctx, func() bool { return a.state.Number > a.woken && !a.rolling }) != nil {
			return
		}
		a.waking = true
		number := a.state.Number
		var out schemas.FanOutResult
		err := workflow.ExecuteActivity(batch(ctx, fmt.Sprintf("wake conversations for change %d", number)), a.acts.FanOut,
			schemas.FanOutInput{Agent: a.in.Agent, Number: number}).Get(ctx, &out)
		a.waking = false
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			a.woken = number
		}
	}
}

// roll continues as new once no fan-out is under way, with every signal that
// has been delivered in the queue.
func (a *agent) roll(ctx workflow.Context) error {
	a.rolling = true
	if err := workflow.Await(ctx, func() bool { return !a.waking }); err != nil {
		return err
	}
	for _, in := range a.inboxes {
		for {
			var raw converter.RawValue
			if !in.channel.ReceiveAsync(&raw) {
				break
			}
			a.queue = append(a.queue, in.read(raw))
		}
	}
	return workflow.NewContinueAsNewError(ctx, Agent, schemas.AgentInput{Agent: a.in.Agent, Queue: a.queue})
}

func (a *agent) details() string {
	s := a.state
	state := "off"
	if s.On {
		state = "on"
	}
	if s.Paused() {
		state = "paused, switched " + state
	}
	var b strings.Builder
	add(&b, "**%s** · change %d · published version %d\n\n", state, s.Number, s.Published)
	for _, p := range s.Pauses {
		add(&b, "- paused: %s %s since %s", p.Scope, p.Target, p.Since.UTC().Format(time.DateTime))
		if !p.Until.IsZero() {
			add(&b, " until %s", p.Until.UTC().Format(time.DateTime))
		}
		b.WriteString(" UTC\n")
	}
	return b.String()
}
