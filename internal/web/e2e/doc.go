// Package e2e drives the program in a headless browser, as people do: the real binary on a free port, over a base
// filled with a small demonstration city. Every page is looked at by axe-core, and a page that logs an error or
// breaks the content security policy fails. TestScreenshots writes the pages as pictures (make screenshots).
package e2e
