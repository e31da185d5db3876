package shop

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
)

// The states of an order.
const (
	statusPending   = "pending"
	statusModified  = "pending (items modified)"
	statusDelivered = "delivered"
	statusCancelled = "cancelled"
	statusReturn    = "return requested"
	statusExchange  = "exchange requested"
)

// Shop is the database of the shop.
type Shop struct {
	Users    map[string]*User    `json:"users"`
	Orders   map[string]*Order   `json:"orders"`
	Products map[string]*Product `json:"products"`
}

// User is a customer of the shop.
type User struct {
	Name struct {
		First string `json:"first_name"`
		Last  string `json:"last_name"`
	} `json:"name"`
	Address Address             `json:"address"`
	Email   string              `json:"email"`
	Methods map[string]*Payment `json:"payment_methods"`
	Orders  []string            `json:"orders"`
}

// Address is where a user lives or an order goes.
type Address struct {
	Address1 string `json:"address1"`
	Address2 string `json:"address2"`
	City     string `json:"city"`
	Country  string `json:"country"`
	State    string `json:"state"`
	Zip      string `json:"zip"`
}

// Payment is a way of a user to pay.
type Payment struct {
	Source   string `json:"source"`
	ID       string `json:"id"`
	Brand    string `json:"brand,omitempty"`
	LastFour string `json:"last_four,omitempty"`
	// Balance is that of a gift card in dollars, nil for everything else.
	Balance *float64 `json:"balance,omitempty"`
}

func (p Payment) giftCard() bool { return p.Source == "gift_card" }

// Order is one order with what has been done to it.
type Order struct {
	ID           string        `json:"order_id"`
	User         string        `json:"user_id"`
	Address      Address       `json:"address"`
	Items        []Item        `json:"items"`
	Fulfillments []Fulfillment `json:"fulfillments"`
	Status       string        `json:"status"`
	Payments     []Entry       `json:"payment_history"`

	CancelReason string `json:"cancel_reason,omitempty"`

	ReturnItems  []string `json:"return_items,omitempty"`
	ReturnMethod string   `json:"return_payment_method_id,omitempty"`

	ExchangeItems    []string `json:"exchange_items,omitempty"`
	ExchangeNewItems []string `json:"exchange_new_items,omitempty"`
	ExchangeMethod   string   `json:"exchange_payment_method_id,omitempty"`
	// ExchangeDifference is what the new items cost more, nil without an exchange.
	ExchangeDifference *float64 `json:"exchange_price_difference,omitempty"`
}

// Item is one item of an order.
type Item struct {
	Name    string            `json:"name"`
	Product string            `json:"product_id"`
	ID      string            `json:"item_id"`
	Price   float64           `json:"price"`
	Options map[string]string `json:"options"`
}

// Fulfillment is one parcel of an order.
type Fulfillment struct {
	Tracking []string `json:"tracking_id"`
	Items    []string `json:"item_ids"`
}

// Entry is one payment or refund of an order.
type Entry struct {
	Type   string  `json:"transaction_type"`
	Amount float64 `json:"amount"`
	Method string  `json:"payment_method_id"`
}

// Product is a kind of product with its variants by item id.
type Product struct {
	Name     string              `json:"name"`
	ID       string              `json:"product_id"`
	Variants map[string]*Variant `json:"variants"`
}

// Variant is one item that can be ordered.
type Variant struct {
	ID        string            `json:"item_id"`
	Options   map[string]string `json:"options"`
	Available bool              `json:"available"`
	Price     float64           `json:"price"`
}

// Files are the raw files of a database, from which any number of fresh shops
// are made.
type Files struct{ users, orders, products []byte }

// ReadFiles reads users.json, orders.json and products.json.
func ReadFiles(folder fs.FS) (Files, error) {
	var f Files
	for name, into := range map[string]*[]byte{"users.json": &f.users, "orders.json": &f.orders, "products.json": &f.products} {
		raw, err := fs.ReadFile(folder, name)
		if err != nil {
			return f, fmt.Errorf("read database of the shop: %w", err)
		}
		*into = raw
	}
	_, err := f.Open()
	return f, err
}

// Open makes a fresh shop that shares nothing with others.
func (f Files) Open() (*Shop, error) {
	s := &Shop{}
	err := errors.Join(json.Unmarshal(f.users, &s.Users), json.Unmarshal(f.orders, &s.Orders), json.Unmarshal(f.products, &s.Products))
	if err != nil {
		return nil, fmt.Errorf("read database of the shop: %w", err)
	}
	return s, nil
}

// Hash is the SHA-256 of the whole database as JSON with sorted names, in
// hexadecimal digits.
func (s *Shop) Hash() (string, error) {
	h := sha256.New()
	if err := json.NewEncoder(h).Encode(s); err != nil {
		return "", fmt.Errorf("hash database of the shop: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
