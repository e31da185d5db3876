package actions

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"steward/schemas"
)

// The defaults and limits of an action.
const (
	// maxInputs also bounds the properties of an object of arguments.
	maxInputs = 64
	// maxOutputs bounds what is selected of an answer.
	maxOutputs = 64
	// defaultTimeout and maxTimeout are in seconds.
	defaultTimeout = 10
	maxTimeout     = 30
	// defaultBytes bounds an answer after decompression, maxBytes what an admin
	// may raise it to.
	defaultBytes = 256 << 10
	maxBytes     = 4 << 20
	// defaultResult bounds what an engine gets of an answer, maxResult what an
	// admin may raise it to.
	defaultResult = 4 << 10
	maxResult     = 64 << 10
	// defaultPerHour bounds the runs of one contact.
	defaultPerHour = 60
	// defaultAsks is how often a customer is asked for one input.
	defaultAsks = 2
	// An approval is overdue after four hours and refused after three days; a
	// callback is waited for a day.
	defaultEscalate = 4 * 60 * 60
	defaultExpire   = 3 * 24 * 60 * 60
	defaultCallback = 24 * 60 * 60
)

// defaultSchema is that of an input without one.
const defaultSchema = `{"maxLength":200,"type":"string"}`

// Normalise returns the action with its defaults filled in and shares nothing
// with a that it changes. Without an effect GET is a read, DELETE is
// destructive and everything else a write; a write asks for a confirmation and a
// verified address, a read for a matched one. It is the form that is stored,
// digested and run. Spec: D7.
func Normalise(a schemas.Action) schemas.Action {
	if a.Kind == "" {
		switch {
		case a.MCP != nil:
			a.Kind = schemas.ActionMCP
		case a.CRM != nil:
			a.Kind = schemas.ActionCRM
		default:
			a.Kind = schemas.ActionHTTP
		}
	}
	a.HTTP, a.MCP = normaliseHTTP(a.HTTP), normaliseMCP(a.MCP)
	if a.Effect == "" {
		a.Effect = defaultEffect(a)
	}
	if a.Confirm == "" {
		a.Confirm = schemas.ConfirmNever
		if a.Effect.Changes() {
			a.Confirm = schemas.ConfirmAlways
		}
	}
	if a.Protection == "" {
		a.Protection = schemas.ProtectMatchEmail
		if a.Effect.Changes() {
			a.Protection = schemas.ProtectVerifyEmail
		}
	}
	if a.Approval != nil {
		approval := *a.Approval
		setDefault(&approval.EscalateSeconds, defaultEscalate)
		setDefault(&approval.ExpireSeconds, defaultExpire)
		a.Approval = &approval
	}
	if a.Callback != nil {
		callback := *a.Callback
		setDefault(&callback.ExpireSeconds, defaultCallback)
		a.Callback = &callback
	}
	setDefault(&a.PerHour, defaultPerHour)
	a.Inputs = normaliseInputs(a.Inputs)
	a.Outputs = normaliseOutputs(a.Outputs)
	return a
}

func setDefault[T ~int | ~int64](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

func defaultEffect(a schemas.Action) schemas.Effect {
	switch {
	case a.HTTP != nil && a.HTTP.Method == http.MethodGet:
		return schemas.EffectRead
	case a.HTTP != nil && a.HTTP.Method == http.MethodDelete:
		return schemas.EffectDestructive
	case a.CRM != nil && !a.CRM.Update:
		return schemas.EffectRead
	}
	return schemas.EffectWrite
}

func normaliseHTTP(call *schemas.HTTPCall) *schemas.HTTPCall {
	if call == nil {
		return nil
	}
	c := *call
	if c.Method = strings.ToUpper(c.Method); c.Method == "" {
		c.Method = http.MethodGet
	}
	setDefault(&c.TimeoutSeconds, defaultTimeout)
	setDefault(&c.MaxBytes, defaultBytes)
	setDefault(&c.ResultBytes, defaultResult)
	return &c
}

func normaliseMCP(call *schemas.MCPCall) *schemas.MCPCall {
	if call == nil {
		return nil
	}
	c := *call
	setDefault(&c.TimeoutSeconds, defaultTimeout)
	setDefault(&c.ResultBytes, defaultResult)
	return &c
}

func normaliseInputs(inputs []schemas.Input) []schemas.Input {
	inputs = slices.Clone(inputs)
	for i := range inputs {
		in := &inputs[i]
		if in.Source == "" {
			in.Source = schemas.InputCustomer
		}
		if len(in.Schema) == 0 {
			in.Schema = json.RawMessage(defaultSchema)
		}
		setDefault(&in.MaxAsks, defaultAsks)
	}
	return inputs
}

// normaliseOutputs shows a value to engines only, unless the admin chose.
func normaliseOutputs(outputs []schemas.Output) []schemas.Output {
	outputs = slices.Clone(outputs)
	for i := range outputs {
		if outputs[i].Visibility == "" {
			outputs[i].Visibility = schemas.VisibleModel
		}
	}
	return outputs
}
