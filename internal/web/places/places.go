package places

import (
	"net/http"
	"strconv"

	"eyas/internal/registry/fact"
	places "eyas/internal/registry/place"
	"eyas/internal/registry/placing"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

// shownPhrases is how many phrases and answers the page lists; the ones with most enterprises come first.
const shownPhrases = 100

// placesView is the page of addresses.
type placesView struct {
	*placing.PlaceQuestions
	Questions []placeQuestion
	More      int // phrases that are not listed
	Outside   []placeSample
	Districts []frame.Option // of the city
	Elsewhere string
	Answers   []placeAnswer
}

type placeQuestion struct {
	placing.PlaceQuestion
	Number  int
	Choices []frame.Option
	Samples []placeSample
	Saw     address.Field // that nobody has answered
}

// placeSample is an enterprise with such an address.
type placeSample struct{ Name, URL, Address string }

func placeSamples(ask *address.Ask, list []placing.PlaceSample) []placeSample {
	var out []placeSample
	for _, x := range list {
		out = append(out, placeSample{x.Name, ask.Link(address.EnterprisePath(x.Code, x.Subject)), x.Address})
	}
	return out
}

type placeAnswer struct {
	fact.PlaceAnswer
	Means string // the district's name
	When  string
	Until string // when it was taken back; empty: in force
}

func (s *room) showPlaces(w http.ResponseWriter, r *http.Request) error {
	if s.Places == nil {
		return frame.ErrNoImports()
	}
	ask := s.Ask(r)
	questions, err := s.Places.PlaceQuestions(r.Context())
	if err != nil {
		return err
	}
	answers, err := s.Places.PlaceAnswers(r.Context())
	if err != nil {
		return err
	}
	elsewhere := s.Words(ask.Lang)("places.elsewhere")
	v := placesView{PlaceQuestions: questions, Elsewhere: places.Elsewhere, Outside: placeSamples(ask, questions.Outside), More: max(0, len(questions.List)-shownPhrases)}
	for _, o := range s.City.Districts {
		v.Districts = append(v.Districts, frame.Option{Value: o.ID, Label: o.Name.In(ask.Lang)})
	}
	for i, q := range questions.List[:min(len(questions.List), shownPhrases)] {
		one := placeQuestion{PlaceQuestion: q, Saw: frame.SawField(sight.SawPlace(q.Phrase), ""), Number: i + 1, Samples: placeSamples(ask, q.Samples)}
		for _, id := range q.Candidates {
			if o := s.City.Org[id]; o != nil {
				one.Choices = append(one.Choices, frame.Option{Value: id, Label: o.Name.In(ask.Lang)})
			}
		}
		v.Questions = append(v.Questions, one)
	}
	for _, a := range answers {
		shown := placeAnswer{PlaceAnswer: a, Means: elsewhere, When: s.When(a.At)}
		if o := s.City.Org[a.Org]; o != nil {
			shown.Means = o.Name.In(ask.Lang)
		}
		if !a.UndoneAt.IsZero() {
			shown.Until = s.When(a.UndoneAt)
		}
		if len(v.Answers) < shownPhrases {
			v.Answers = append(v.Answers, shown)
		}
	}
	return s.Render(w, r, "places", v)
}

func (s *room) answerPlace(w http.ResponseWriter, r *http.Request) error {
	if s.Places == nil {
		return frame.ErrNoImports()
	}
	phrase := r.PostForm.Get("phrase")
	seen, err := frame.ReadSeen(r, sight.SawPlace(phrase))
	if err != nil {
		return err
	}
	id, err := s.Places.AnswerPlace(r.Context(), phrase, r.PostForm.Get("org"), seen)
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.Ask(r).Link("/places", frame.SavedPair(placeKind, strconv.FormatInt(id, 10))...), http.StatusSeeOther)
	return nil
}

func (s *room) undoPlace(w http.ResponseWriter, r *http.Request) error {
	if s.Places == nil {
		return frame.ErrNoImports()
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return frame.ErrNoPage()
	}
	if err := s.Places.UndoPlaceAnswer(r.Context(), id); err != nil {
		return err
	}
	http.Redirect(w, r, s.Ask(r).Link("/places"), http.StatusSeeOther)
	return nil
}

// placeKind is the kind of answers about words of addresses.
const placeKind = "place"

// lookPlace says what words were said to mean.
func (s *room) lookPlace(r *http.Request, text string) (*frame.Write, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || s.Places == nil {
		return nil, frame.ErrNoPage()
	}
	answers, err := s.Places.PlaceAnswers(r.Context())
	if err != nil {
		return nil, err
	}
	lang := s.LangOf(r)
	for _, a := range answers {
		if a.ID != id {
			continue
		}
		means := s.Words(lang)("places.elsewhere")
		if o := s.City.Org[a.Org]; o != nil {
			means = o.Name.In(lang)
		}
		v := &frame.Write{Says: s.Words(lang)("places.done", "phrase", a.Phrase, "means", means)}
		if !a.UndoneAt.IsZero() {
			v.Undone = s.When(a.UndoneAt)
		}
		return v, nil
	}
	return nil, frame.ErrNoPage()
}

// takePlace takes an answer back.
func (s *room) takePlace(r *http.Request, text string) (string, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return "", frame.ErrNoPage()
	}
	return "", s.Places.UndoPlaceAnswer(r.Context(), id)
}
