package llm

// Transcript is the messages in a form that every provider takes back: ids of
// calls are portable and unique in the whole request, because models of earlier
// rounds may have made up the same ones, and results follow their call's new
// id. The given messages are not
// changed.
func Transcript(messages []Message) []Message {
	out := make([]Message, 0, len(messages))
	ids := uniqueIDs{}
	// current maps the ids of the last message with calls.
	current := map[string]string{}
	place := 0
	for _, m := range messages {
		switch {
		case m.Role == RoleTool:
			if id, ok := current[m.CallID]; ok {
				m.CallID = id
			}
		case len(m.Calls) > 0:
			calls := append(m.Calls[:0:0], m.Calls...)
			current = map[string]string{}
			for i, c := range calls {
				calls[i].ID = ids.add(c.ID, place)
				calls[i].Arguments = ArgumentsObject(c.Arguments)
				if !toolName.MatchString(c.Action) {
					calls[i].Action = invalidName
				}
				current[c.ID] = calls[i].ID
				place++
			}
			m.Calls = calls
		}
		out = append(out, m)
	}
	return out
}
