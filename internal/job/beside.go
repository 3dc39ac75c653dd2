package job

import (
	"encoding/json"
	"fmt"
)

// apart removes the texts of some fields from arguments, which must be a JSON object, and returns both.
func apart(args json.RawMessage, fields []string) (rest json.RawMessage, texts map[string]string, err error) {
	if len(fields) == 0 {
		return args, nil, nil
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(args, &all); err != nil {
		return nil, nil, err
	}
	texts = map[string]string{}
	for _, f := range fields {
		var text string
		if err := json.Unmarshal(all[f], &text); err != nil {
			return nil, nil, fmt.Errorf("argument %s is no text: %w", f, err)
		}
		texts[f] = text
		delete(all, f)
	}
	rest, err = json.Marshal(all)
	return rest, texts, err
}

// whole reverses apart.
func whole(args json.RawMessage, texts map[string]string) (json.RawMessage, error) {
	if len(texts) == 0 {
		return args, nil
	}
	var all map[string]any
	if err := json.Unmarshal(args, &all); err != nil {
		return nil, err
	}
	for f, text := range texts {
		all[f] = text
	}
	return json.Marshal(all)
}
