// Package render opens web pages in a browser, for those that show their text
// only once scripts have run.
//
// It owns a Chromium that it starts when the first page needs it and stops
// after an idle minute, and the proxy on loopback through which all of its
// traffic goes: a browser looks names up by itself, so a guarded dialer has to
// sit behind a proxy. It must not follow links, decide whether a page may be
// read (whoever asks has robots.txt and the host's turn behind it), or reach an
// address that the dialer refuses. Without a browser installed New returns
// ErrNoBrowser, and such pages have no text.
package render
