// Command lint looks at the code once with all that go vet and staticcheck know: the analysers of both, over one reading of the packages.
// Run one after the other, each reads all that Eyas is built on again.
//
//	go run ./internal/lint ./...
//
// It takes the options of staticcheck, and heeds its comments //lint:ignore.
package main

import (
	"os"
	"reflect"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/ctrlflow"
	"golang.org/x/tools/go/analysis/passes/printf"
	"golang.org/x/tools/go/analysis/suite/vet"
	"honnef.co/go/tools/analysis/lint"
	"honnef.co/go/tools/lintcmd"
	"honnef.co/go/tools/simple"
	"honnef.co/go/tools/staticcheck"
	"honnef.co/go/tools/stylecheck"
	"honnef.co/go/tools/unused"
)

func main() {
	atHome(printf.Analyzer)
	atHome(ctrlflow.Analyzer)
	cmd := lintcmd.NewCommand("lint")
	cmd.ParseFlags(os.Args[1:])
	cmd.AddAnalyzers(simple.Analyzers...)
	cmd.AddAnalyzers(staticcheck.Analyzers...)
	cmd.AddAnalyzers(stylecheck.Analyzers...)
	cmd.AddAnalyzers(unused.Analyzer)
	for _, a := range vet.Suite {
		doc := lint.RawDocumentation{Title: a.Name, Text: a.Doc, Severity: lint.SeverityWarning}
		cmd.AddAnalyzers(lint.InitializeAnalyzer(&lint.Analyzer{Doc: &doc, Analyzer: a}))
	}
	cmd.Run()
}

// atHome keeps an analyser to the packages of Eyas. The two that are kept there learn from all other packages which functions format as
// fmt does and which never return, and take as long for that as all others together; those of the standard library that matter they know.
func atHome(a *analysis.Analyzer) {
	run := a.Run
	var none any
	if a.ResultType != nil {
		none = reflect.New(a.ResultType.Elem()).Interface()
	}
	a.Run = func(pass *analysis.Pass) (any, error) {
		if path, _, _ := strings.Cut(pass.Pkg.Path(), "/"); path != "eyas" {
			return none, nil
		}
		return run(pass)
	}
}
