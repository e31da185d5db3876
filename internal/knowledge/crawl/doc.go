// Package crawl fetches one public page for the knowledge base.
//
// It owns the network guard, the rules of robots.txt and the limits of a fetch.
// It must not follow links, read HTML, or reach an address that is not public:
// admins enter the URLs, but whoever controls a name decides where it leads.
// Spec: S16.
package crawl
