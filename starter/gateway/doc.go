// Package gateway is the edge where customers come in: the widget API with its
// streams, and the relay that hands stored messages to their conversations.
//
// It owns sessions' tokens, rate limits, the streams that are open in this
// process and the relay's leases. A message is in Postgres before it is
// acknowledged; Temporal is never called inside a customer's request. The
// gateway decides nothing about a conversation and never logs what a customer
// wrote.
package gateway
