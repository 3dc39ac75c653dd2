package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"eyas/internal/answer"
)

// version is set by the Makefile; a plain go build leaves it empty and the build information speaks.
var version string

// versionCmd prints the version.
type versionCmd struct{ plainly }

func (versionCmd) examples() []string { return []string{"eyas version --json"} }

func (versionCmd) Run(a *app) error {
	v := programVersion()
	if a.json {
		return a.object(answer.Version{Version: v, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH})
	}
	fmt.Fprintf(a.out, "eyas %s (%s %s/%s)\n", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// programVersion returns the version of the build: the one set by the Makefile, otherwise the module's version, otherwise
// the commit.
func programVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return "unknown"
}
