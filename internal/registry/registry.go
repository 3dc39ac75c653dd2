// Package registry turns files into subjects. It keeps every row of every import as a source record, links the records to
// subjects, and derives the profile of each subject with the source of each value. It declares the storage that it needs;
// package store provides it.
package registry
