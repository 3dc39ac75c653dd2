package fact

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// longKey is the longest name key that is kept as it is: an index of a database holds keys up to some size only.
const longKey = 512

// Storable is a text without the one character that PostgreSQL does not store, and that a workbook may hold.
func Storable(text string) string {
	if strings.IndexByte(text, 0) < 0 {
		return text
	}
	return strings.ReplaceAll(text, "\x00", "")
}

// BoundedKey gives the key of a name; of a very long one its beginning and a hash of the whole.
func BoundedKey(key string) string {
	if len(key) <= longKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return strings.ToValidUTF8(key[:longKey-65], "") + "#" + hex.EncodeToString(sum[:])
}
