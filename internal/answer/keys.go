package answer

import "time"

// Keys are the keys of a base, by which personal data of the highest class are encrypted.
type Keys struct {
	File string `json:"file"`
	Keys []Key  `json:"keys"`
}

// Key is one of them.
type Key struct {
	ID      string    `json:"id"`
	Cipher  string    `json:"cipher,omitempty"` // empty: the key file does not have the key
	Made    time.Time `json:"made,omitzero"`
	Held    bool      `json:"held"`    // the key file has it
	Needed  bool      `json:"needed"`  // by the base
	Current bool      `json:"current"` // new values are encrypted by it
}

// Rotated is a base that is encrypted by a new key.
type Rotated struct {
	Key    string `json:"key"`
	Values int    `json:"values"` // that were encrypted anew
	Clear  int    `json:"clear"`  // of them, those that stood in clear
	Files  int    `json:"files"`  // of the shared folder
}
