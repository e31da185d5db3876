package shop

import (
	"errors"
	"math"
	"slices"
)

func (s *Shop) cancel(in struct {
	Order  string `json:"order_id"`
	Reason string `json:"reason"`
},
) (any, error) {
	o, err := s.order(in.Order)
	if err != nil {
		return nil, err
	}
	if o.Status != statusPending {
		return nil, errors.New("non-pending order cannot be cancelled")
	}
	if !slices.Contains([]string{"no longer needed", "ordered by mistake"}, in.Reason) {
		return nil, errors.New("invalid reason")
	}
	var refunds []Entry
	for _, paid := range o.Payments {
		refunds = append(refunds, Entry{Type: "refund", Amount: paid.Amount, Method: paid.Method})
		s.credit(o.User, paid.Method, paid.Amount)
	}
	o.Status, o.CancelReason, o.Payments = statusCancelled, in.Reason, append(o.Payments, refunds...)
	return o, nil
}

// credit adds an amount to a gift card; other ways to pay are not held here.
func (s *Shop) credit(user, method string, amount float64) {
	if m := s.method(user, method); m != nil && m.giftCard() && m.Balance != nil {
		*m.Balance = cents(*m.Balance + amount)
	}
}

func (s *Shop) method(user, id string) *Payment {
	if u := s.Users[user]; u != nil {
		return u.Methods[id]
	}
	return nil
}

// payable is the payment method of a user, if it can bear the amount.
func (s *Shop) payable(user, id string, amount float64) (*Payment, error) {
	m := s.method(user, id)
	if m == nil {
		return nil, errors.New("payment method not found")
	}
	if m.giftCard() && (m.Balance == nil || *m.Balance < amount) {
		return nil, errors.New("insufficient gift card balance")
	}
	return m, nil
}

// stillPending is an order that has not left, whether its items were changed or
// not.
func (s *Shop) stillPending(id string) (*Order, error) {
	o, err := s.order(id)
	if err != nil {
		return nil, err
	}
	if o.Status != statusPending && o.Status != statusModified {
		return nil, errors.New("non-pending order cannot be modified")
	}
	return o, nil
}

func (s *Shop) modifyOrderAddress(in struct {
	Order string `json:"order_id"`
	Address
},
) (any, error) {
	o, err := s.stillPending(in.Order)
	if err != nil {
		return nil, err
	}
	o.Address = in.Address
	return o, nil
}

func (s *Shop) modifyUserAddress(in struct {
	User string `json:"user_id"`
	Address
},
) (any, error) {
	u, ok := s.Users[in.User]
	if !ok {
		return nil, errors.New("user not found")
	}
	u.Address = in.Address
	return u, nil
}

func (s *Shop) modifyPayment(in struct {
	Order  string `json:"order_id"`
	Method string `json:"payment_method_id"`
},
) (any, error) {
	o, err := s.stillPending(in.Order)
	if err != nil {
		return nil, err
	}
	if len(o.Payments) != 1 || o.Payments[0].Type != "payment" {
		return nil, errors.New("there should be exactly one payment for a pending order")
	}
	paid := o.Payments[0]
	if s.method(o.User, in.Method) != nil && paid.Method == in.Method {
		return nil, errors.New("the new payment method should be different from the current one")
	}
	if _, err := s.payable(o.User, in.Method, paid.Amount); err != nil {
		return nil, err
	}
	o.Payments = append(o.Payments,
		Entry{Type: "payment", Amount: paid.Amount, Method: in.Method},
		Entry{Type: "refund", Amount: paid.Amount, Method: paid.Method})
	s.credit(o.User, in.Method, -paid.Amount)
	s.credit(o.User, paid.Method, paid.Amount)
	return o, nil
}

// swap names items of an order and what they become.
type swap struct {
	Order    string   `json:"order_id"`
	Items    []string `json:"item_ids"`
	NewItems []string `json:"new_item_ids"`
	Method   string   `json:"payment_method_id"`
}

func (s *Shop) modifyItems(in swap) (any, error) {
	o, err := s.order(in.Order)
	if err != nil {
		return nil, err
	}
	if o.Status != statusPending {
		return nil, errors.New("non-pending order cannot be modified")
	}
	difference, places, err := s.swapped(o, in)
	if err != nil {
		return nil, err
	}
	if _, err := s.payable(o.User, in.Method, difference); err != nil {
		return nil, err
	}
	kind := "payment"
	if difference < 0 {
		kind = "refund"
	}
	o.Payments = append(o.Payments, Entry{Type: kind, Amount: math.Abs(difference), Method: in.Method})
	s.credit(o.User, in.Method, -difference)
	for i, at := range places {
		v := s.Products[o.Items[at].Product].Variants[in.NewItems[i]]
		o.Items[at].ID, o.Items[at].Price, o.Items[at].Options = v.ID, v.Price, v.Options
	}
	o.Status = statusModified
	return o, nil
}

// swapped checks a swap and returns what the new items cost more and the places
// of the old ones in the order.
func (s *Shop) swapped(o *Order, in swap) (difference float64, places []int, err error) {
	if len(in.Items) != len(in.NewItems) || len(in.Items) == 0 {
		return 0, nil, errors.New("the number of items to be exchanged should match")
	}
	for i, id := range in.Items {
		at := -1
		for j, item := range o.Items {
			if item.ID == id && !slices.Contains(places, j) {
				at = j
				break
			}
		}
		if at < 0 {
			return 0, nil, errors.New("item not found in the order")
		}
		product := s.Products[o.Items[at].Product]
		if product == nil || product.Variants[in.NewItems[i]] == nil || !product.Variants[in.NewItems[i]].Available {
			return 0, nil, errors.New("new item not found or not available")
		}
		places = append(places, at)
		difference += product.Variants[in.NewItems[i]].Price - o.Items[at].Price
	}
	return cents(difference), places, nil
}
