// Package registry turns files into subjects: every row of every import is kept as a source record,
// records are linked to subjects, and the profile of a subject is derived from its records with the
// source of each value. It declares the storage it needs; package store provides it.
package registry
