// Package extract finds the content of web pages and HTML files and writes it
// as Markdown, with what a crawl needs to know of a page: its title, address,
// language, links, questions with answers, and what robots are asked to do.
//
// It owns what counts as visible, what is the frame of a site rather than the
// content of a page, and character sets of HTML. It must not fetch anything or
// look at more than one page, and no input may end in a panic or in unbounded
// memory: what it reads was made by strangers. Spec: S15, S16, S17.
package extract
