package door

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// compressed packs texts for those who take gzip. Assets are packed already, and so are Excel files. Pages hold no
// secrets beside what a reader typed, whose length would tell of them (BREACH); when they come, they have to be masked.
func compressed(next http.Handler) http.Handler {
	return packer(next)
}

var packer = func() func(http.Handler) http.HandlerFunc {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.EnableZstd(false), gzhttp.SetContentType(false),
		gzhttp.ContentTypes([]string{"text/html", "text/plain", "text/css", "text/javascript", "text/csv", "application/json", "application/problem+json", "image/svg+xml"}))
	if err != nil {
		panic(err) // the options are written above
	}
	return wrap
}()
