// Package knowledge turns content sources into passages that can be searched
// and ranks what a search finds.
//
// It owns the ports Index, Fetcher and Reader, the splitting of documents, the
// ids of documents and chunks, and the order of passages. Adapters are in its
// subpackages. It must not know a vendor, store anything, or decide whether a
// passage answers a question. Spec: S12, S14, S16, S18.
package knowledge
