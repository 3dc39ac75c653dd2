package job

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestTextsOfArguments(t *testing.T) {
	type args struct {
		From string `json:"from"`
		Lang string `json:"lang"`
	}
	raw, err := json.Marshal(args{"/person?q=张三", "en"})
	if err != nil {
		t.Fatal(err)
	}
	rest, texts, err := apart(raw, []string{"from"})
	if err != nil || strings.Contains(string(rest), "张三") || texts["from"] != "/person?q=张三" {
		t.Fatalf("%s, %v, %v", rest, texts, err)
	}
	back, err := whole(rest, texts)
	var got args
	if err == nil {
		err = json.Unmarshal(back, &got)
	}
	if err != nil || got != (args{"/person?q=张三", "en"}) {
		t.Errorf("%s, %v", back, err)
	}
	if _, _, err := apart(raw, []string{"other"}); err == nil {
		t.Error("a field that is not there was taken apart")
	}
	for _, plain := range []string{`null`, `"x"`, `{"a":1}`} {
		rest, texts, err := apart(json.RawMessage(plain), nil)
		if err != nil || string(rest) != plain || texts != nil {
			t.Errorf("%s: %s, %v, %v", plain, rest, texts, err)
		}
		if back, err := whole(rest, texts); err != nil || string(back) != plain {
			t.Errorf("%s: %s, %v", plain, back, err)
		}
	}
}
