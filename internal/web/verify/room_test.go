package verify

import (
	"bytes"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/boombuler/barcode/qr"
)

// The picture has the modules of the code, and quiet around it.
func TestDraw(t *testing.T) {
	const text = "https://eyas.example/verify/vxz6cngcvsdnrdbp45qhtnbqxaxvbbxl"
	picture, err := draw(text)
	if err != nil {
		t.Fatal(err)
	}
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	dark := 0
	for y := range code.Bounds().Dy() {
		for x := range code.Bounds().Dx() {
			if color.GrayModel.Convert(code.At(x, y)) == (color.Gray{}) {
				dark++
			}
		}
	}
	if n := bytes.Count(picture, []byte("h1v1h-1z")); n != dark || dark == 0 {
		t.Errorf("%d dark modules, want %d", n, dark)
	}
	if !strings.Contains(string(picture), "M4 4h1v1h-1z") || code.Bounds() == (image.Rectangle{}) {
		t.Error("the first finder pattern does not begin behind the quiet zone")
	}
}
