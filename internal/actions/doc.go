// Package actions makes calls into other systems for the agent: it holds
// everything between "this action with these arguments is allowed" and "this is
// the mapped result".
//
// It owns what an admin may save (Validate), what an engine may pass
// (CheckArguments), what the server adds (Fill), the question before a write
// (ReadBack), the call itself with its credentials and the guard of the network
// (Runner), and what may be read of an answer (ForEngine, ForCustomer). It makes
// one call; who may call, how often and how often again is decided elsewhere. It
// must not know Temporal, the database or any other feature, and no error of it
// holds a secret, an argument or a word of the other system. Spec: S53, D7.
package actions
