// Package biff reads the cells of workbooks in the binary format of Excel 97–2003 (.xls): BIFF8 ([MS-XLS]) in a
// compound file ([MS-CFB]). It returns values and formats as they are stored; the caller applies the formats. The
// workbook's stream is held in memory, up to MaxStream bytes.
package biff

import (
	"errors"
	"fmt"
	"io"
)

// MaxStream is the most bytes of a workbook's stream. A full sheet of 65,536 rows and 40 columns has about half as
// many.
const MaxStream = 64 << 20

// Errors of Open and Rows for a file that cannot be read.
var (
	ErrAbsent    = errors.New("biff: the compound file holds no workbook")
	ErrOld       = errors.New("biff: the workbook is older than Excel 97")
	ErrEncrypted = errors.New("biff: the workbook is encrypted")
	ErrLarge     = fmt.Errorf("biff: the workbook has more than %d MB", MaxStream>>20)
	ErrDamaged   = errors.New("biff: the workbook is damaged")
)

// Book is an open workbook. It is not safe for concurrent use.
type Book struct {
	Base1904 bool // days count from 1904-01-01 instead of 1900-01-01
	Sheets   []Sheet
	Styles   []Style // by Cell.Style

	stream []byte
	shared texts
}

// Sheet is a worksheet. Charts and macro sheets are left out.
type Sheet struct {
	Name   string
	Hidden bool
	at     int // offset of its first record in the stream
}

// Style is a number format: its number, and its code if the workbook has one.
type Style struct {
	Format int
	Code   string
}

// Kind is the kind of a cell's value.
type Kind uint8

// Kinds of values. A formula has the kind of its last result.
const (
	Number Kind = iota
	Text
	Boolean
	Fault      // an error such as #DIV/0!, which is in Text
	Unanswered // a formula without a result
)

// Cell is a cell with a value. Text is valid until the next row.
type Cell struct {
	Column int // from 1
	Kind   Kind
	Style  int // index into Book.Styles
	Number float64
	Text   []byte // UTF-8; TRUE or FALSE for a Boolean
}

// Area is an area of merged cells. Rows and columns count from 1, and the last ones are included.
type Area struct{ FirstRow, FirstColumn, LastRow, LastColumn int }

// Records of BIFF8, [MS-XLS] 2.3.
const (
	recFormula     = 0x0006
	recEOF         = 0x000A
	recDateMode    = 0x0022
	recFilePass    = 0x002F
	recContinue    = 0x003C
	recColInfo     = 0x007D
	recBoundSheet  = 0x0085
	recMulRk       = 0x00BD
	recRString     = 0x00D6
	recXF          = 0x00E0
	recMergedCells = 0x00E5
	recSST         = 0x00FC
	recLabelSST    = 0x00FD
	recNumber      = 0x0203
	recLabel       = 0x0204
	recBoolErr     = 0x0205
	recString      = 0x0207
	recRow         = 0x0208
	recRK          = 0x027E
	recFormat      = 0x041E
	recBOF         = 0x0809
)

const (
	maxSheets = 1_000
	maxStyles = 200_000
)

// Open reads a workbook's sheets, styles and texts. size is the size of the file in bytes.
func Open(r io.ReaderAt, size int64) (*Book, error) {
	stream, err := workbookStream(r, size)
	if err != nil {
		return nil, err
	}
	b := &Book{stream: stream}
	at, kind, data, err := b.record(0)
	if err != nil {
		return nil, err
	}
	if kind != recBOF || len(data) < 4 {
		return nil, fmt.Errorf("%w: the stream does not begin with a workbook", ErrDamaged)
	}
	if u16(data) != 0x0600 {
		return nil, ErrOld
	}
	formats := map[int]string{}
	for kind != recEOF {
		from := at
		if at, kind, data, err = b.record(at); err != nil {
			return nil, err
		}
		switch kind {
		case recFilePass:
			return nil, ErrEncrypted
		case recDateMode:
			b.Base1904 = len(data) >= 2 && u16(data) == 1
		case recFormat:
			if len(data) >= 2 && len(formats) < maxStyles {
				code, _, _ := plainText(data[2:], 2)
				formats[int(u16(data))] = string(code)
			}
		case recXF:
			if len(data) >= 4 && len(b.Styles) < maxStyles {
				b.Styles = append(b.Styles, Style{Format: int(u16(data[2:]))})
			}
		case recBoundSheet:
			if err := b.sheet(data); err != nil {
				return nil, err
			}
		case recSST:
			if at, err = b.readShared(from); err != nil {
				return nil, err
			}
		}
	}
	for i := range b.Styles {
		b.Styles[i].Code = formats[b.Styles[i].Format]
	}
	return b, nil
}

// sheet reads the record of a sheet.
func (b *Book) sheet(data []byte) error {
	if len(data) < 8 {
		return fmt.Errorf("%w: a sheet without a name", ErrDamaged)
	}
	if data[5] != 0 { // a chart, a macro sheet or a module
		return nil
	}
	name, _, ok := plainText(data[6:], 1)
	at := u32(data)
	if !ok || int64(at) >= int64(len(b.stream)) {
		return fmt.Errorf("%w: the sheet %q begins at byte %d of %d", ErrDamaged, name, at, len(b.stream))
	}
	if len(b.Sheets) == maxSheets {
		return fmt.Errorf("%w: more than %d sheets", ErrDamaged, maxSheets)
	}
	b.Sheets = append(b.Sheets, Sheet{Name: string(name), Hidden: data[4]&3 != 0, at: int(at)})
	return nil
}

// record returns the record at an offset, and the offset of the next one.
func (b *Book) record(at int) (next, kind int, data []byte, err error) {
	if at < 0 || at+4 > len(b.stream) {
		return 0, 0, nil, fmt.Errorf("%w: cut off at byte %d", ErrDamaged, at)
	}
	kind, n := int(u16(b.stream[at:])), int(u16(b.stream[at+2:]))
	if at += 4; at+n > len(b.stream) {
		return 0, 0, nil, fmt.Errorf("%w: cut off in a record of %d bytes at byte %d", ErrDamaged, n, at)
	}
	return at + n, kind, b.stream[at : at+n], nil
}

func u16(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }
func u32(b []byte) uint32 { return uint32(u16(b)) | uint32(u16(b[2:]))<<16 }
