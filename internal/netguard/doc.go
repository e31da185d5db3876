// Package netguard keeps requests to addresses that others choose inside the
// public internet.
//
// It owns the list of networks that must not be reached and a dialer that
// refuses them, for the crawler, the browser's proxy, actions and webhooks. It
// must not look at names or URLs to decide: whoever controls a name decides
// where it leads, so only the address that is really dialled counts. Users of
// the dialer must not go through a proxy from the environment, which would look
// names up behind its back.
package netguard
