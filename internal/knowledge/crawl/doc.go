// Package crawl reads pages of the public web for the knowledge base.
//
// It owns single requests with their redirects, the normal form of addresses,
// robots.txt, sitemaps, the pause between requests, and the rules by which a
// run finds the pages of a site. It must not read HTML itself, keep state of
// its own (hosts and addresses are in the Frontier, which all workers share),
// or reach an address that is not public: admins enter the first address, but
// whoever controls a name decides where it leads. Spec: S16, S17.
package crawl
