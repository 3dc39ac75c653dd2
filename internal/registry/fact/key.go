package fact

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"eyas/internal/vault"
)

// longKey is the length in bytes up to which a name key is stored unchanged. Database indexes limit the size of their
// keys.
const longKey = 512

// Storable removes the character U+0000, which a workbook can contain and PostgreSQL cannot store.
func Storable(text string) string {
	if strings.IndexByte(text, 0) < 0 {
		return text
	}
	return strings.ReplaceAll(text, "\x00", "")
}

// BoundedKey returns the key of a name, without identity numbers. For a very long key it returns the beginning and a hash of the whole.
func BoundedKey(key string) string {
	key = vault.Without(key, "")
	if len(key) <= longKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return strings.ToValidUTF8(key[:longKey-65], "") + "#" + hex.EncodeToString(sum[:])
}
