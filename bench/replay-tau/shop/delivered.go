package shop

import (
	"errors"
	"slices"
)

func (s *Shop) exchangeItems(in swap) (any, error) {
	o, err := s.order(in.Order)
	if err != nil {
		return nil, err
	}
	// A return or an exchange moves the status on, so that each is done once.
	if o.Status != statusDelivered {
		return nil, errors.New("non-delivered order cannot be exchanged")
	}
	difference, _, err := s.swapped(o, in)
	if err != nil {
		return nil, err
	}
	if _, err := s.payable(o.User, in.Method, difference); err != nil {
		return nil, err
	}
	o.Status, o.ExchangeMethod, o.ExchangeDifference = statusExchange, in.Method, &difference
	o.ExchangeItems = slices.Sorted(slices.Values(in.Items))
	o.ExchangeNewItems = slices.Sorted(slices.Values(in.NewItems))
	return o, nil
}

func (s *Shop) returnItems(in struct {
	Order  string   `json:"order_id"`
	Items  []string `json:"item_ids"`
	Method string   `json:"payment_method_id"`
},
) (any, error) {
	o, err := s.order(in.Order)
	if err != nil {
		return nil, err
	}
	if o.Status != statusDelivered {
		return nil, errors.New("non-delivered order cannot be returned")
	}
	m := s.method(o.User, in.Method)
	if m == nil {
		return nil, errors.New("payment method not found")
	}
	if !m.giftCard() && (len(o.Payments) == 0 || o.Payments[0].Method != in.Method) {
		return nil, errors.New("payment method should be either the original payment method or a gift card")
	}
	var left []string
	for _, item := range o.Items {
		left = append(left, item.ID)
	}
	for _, id := range in.Items {
		at := slices.Index(left, id)
		if at < 0 {
			return nil, errors.New("some item not found")
		}
		left = slices.Delete(left, at, at+1)
	}
	o.Status, o.ReturnMethod = statusReturn, in.Method
	o.ReturnItems = slices.Sorted(slices.Values(in.Items))
	return o, nil
}
