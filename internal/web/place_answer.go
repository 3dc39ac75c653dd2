package web

import (
	"context"
	"net/http"
	"strconv"

	"eyas/internal/registry"
	places "eyas/internal/registry/place"
)

// placeAnswerRoutes adds the page of addresses whose district people say.
func (s *Server) placeAnswerRoutes(t *routes) {
	t.page("GET /places", s.showPlaces)
	t.page("POST /places", s.answerPlace)
	t.page("POST /places/{id}/undo", s.undoPlace)
}

// shownPhrases is how many phrases and answers the page lists; the ones with most enterprises come first.
const shownPhrases = 100

// placesView is the page of addresses.
type placesView struct {
	*registry.PlaceQuestions
	Questions []placeQuestion
	More      int // phrases that are not listed
	Outside   []placeSample
	Districts []option // of the city
	Elsewhere string
	Done      *placeAnswer // what was answered just now
	Answers   []placeAnswer
}

type placeQuestion struct {
	registry.PlaceQuestion
	Number  int
	Choices []option
	Samples []placeSample
	Saw     Field // that nobody has answered
}

// placeSample is an enterprise with such an address.
type placeSample struct{ Name, URL, Address string }

func placeSamples(ask *Ask, list []registry.PlaceSample) []placeSample {
	var out []placeSample
	for _, x := range list {
		out = append(out, placeSample{x.Name, ask.Link(enterprisePath(x.Code, x.Subject)), x.Address})
	}
	return out
}

type placeAnswer struct {
	registry.PlaceAnswer
	Means string // the district's name
	When  string
	Until string // when it was taken back; empty: in force
}

func (s *Server) showPlaces(w http.ResponseWriter, r *http.Request) error {
	if s.Registry == nil {
		return errNoImports()
	}
	ask := s.ask(r)
	questions, err := s.Registry.PlaceQuestions(r.Context())
	if err != nil {
		return err
	}
	answers, err := s.Registry.PlaceAnswers(r.Context())
	if err != nil {
		return err
	}
	elsewhere, err := s.catalogs[ask.Lang].Text("places.elsewhere")
	if err != nil {
		return err
	}
	v := placesView{PlaceQuestions: questions, Elsewhere: places.Elsewhere, Outside: placeSamples(ask, questions.Outside), More: max(0, len(questions.List)-shownPhrases)}
	for _, o := range s.city.districts {
		v.Districts = append(v.Districts, option{Value: o.ID, Label: o.Name.In(ask.Lang)})
	}
	for i, q := range questions.List[:min(len(questions.List), shownPhrases)] {
		one := placeQuestion{PlaceQuestion: q, Saw: sawField(registry.SawPlace(q.Phrase), ""), Number: i + 1, Samples: placeSamples(ask, q.Samples)}
		for _, id := range q.Candidates {
			if o := s.city.org[id]; o != nil {
				one.Choices = append(one.Choices, option{Value: id, Label: o.Name.In(ask.Lang)})
			}
		}
		v.Questions = append(v.Questions, one)
	}
	done, _ := strconv.ParseInt(r.URL.Query().Get("done"), 10, 64) // anything else is no answer's number
	for _, a := range answers {
		shown := placeAnswer{PlaceAnswer: a, Means: elsewhere, When: s.when(a.At)}
		if o := s.city.org[a.Org]; o != nil {
			shown.Means = o.Name.In(ask.Lang)
		}
		if !a.UndoneAt.IsZero() {
			shown.Until = s.when(a.UndoneAt)
		} else if a.ID == done {
			v.Done = &shown
		}
		if len(v.Answers) < shownPhrases {
			v.Answers = append(v.Answers, shown)
		}
	}
	return s.render(w, r, "places", v)
}

func (s *Server) answerPlace(w http.ResponseWriter, r *http.Request) error {
	if s.Registry == nil {
		return errNoImports()
	}
	var id int64
	phrase := r.PostForm.Get("phrase")
	err := s.upon(r, func(ctx context.Context) (err error) {
		id, err = s.Registry.AnswerPlace(ctx, operator, phrase, r.PostForm.Get("org"))
		return err
	}, registry.SawPlace(phrase))
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.ask(r).Link("/places", "done", strconv.FormatInt(id, 10)), http.StatusSeeOther)
	return nil
}

func (s *Server) undoPlace(w http.ResponseWriter, r *http.Request) error {
	if s.Registry == nil {
		return errNoImports()
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNoPage()
	}
	if err := s.Registry.UndoPlaceAnswer(r.Context(), operator, id); err != nil {
		return err
	}
	http.Redirect(w, r, s.ask(r).Link("/places"), http.StatusSeeOther)
	return nil
}
