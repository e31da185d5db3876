package shop

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// tool is one tool of the shop; its answer is encoded as JSON, a text is sent as
// it is.
type tool func(s *Shop, arguments json.RawMessage) (any, error)

// tools are the tools by name.
func tools() map[string]tool {
	return map[string]tool{
		"find_user_id_by_email":          with((*Shop).findByEmail),
		"find_user_id_by_name_zip":       with((*Shop).findByName),
		"get_user_details":               with((*Shop).user),
		"get_order_details":              with((*Shop).orderDetails),
		"get_product_details":            with((*Shop).product),
		"get_item_details":               with((*Shop).item),
		"list_all_product_types":         with((*Shop).productTypes),
		"calculate":                      with((*Shop).calculate),
		"think":                          with((*Shop).think),
		"transfer_to_human_agents":       with((*Shop).transfer),
		"cancel_pending_order":           with((*Shop).cancel),
		"modify_pending_order_address":   with((*Shop).modifyOrderAddress),
		"modify_pending_order_items":     with((*Shop).modifyItems),
		"modify_pending_order_payment":   with((*Shop).modifyPayment),
		"modify_user_address":            with((*Shop).modifyUserAddress),
		"return_delivered_order_items":   with((*Shop).returnItems),
		"exchange_delivered_order_items": with((*Shop).exchangeItems),
	}
}

// Writes are the names of the tools that change the database.
func Writes() []string {
	return []string{
		"cancel_pending_order", "exchange_delivered_order_items", "modify_pending_order_address", "modify_pending_order_items",
		"modify_pending_order_payment", "modify_user_address", "return_delivered_order_items",
	}
}

// with reads the arguments of a tool into its own type.
func with[T any](f func(*Shop, T) (any, error)) tool {
	return func(s *Shop, raw json.RawMessage) (any, error) {
		var in T
		if err := json.Unmarshal(raw, &in); err != nil {
			return nil, errors.New("the arguments cannot be read")
		}
		return f(s, in)
	}
}

// Call runs a tool. What a tool refuses is an answer that begins with Error, as
// the shop says it; the error is for a tool that there is not.
func (s *Shop) Call(name string, arguments json.RawMessage) (string, error) {
	t, ok := tools()[name]
	if !ok {
		return "", fmt.Errorf("the shop has no tool %q", name)
	}
	out, err := t(s, arguments)
	if err != nil {
		return "Error: " + err.Error(), nil
	}
	if text, ok := out.(string); ok {
		return text, nil
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return "", fmt.Errorf("encode answer of %s: %w", name, err)
	}
	return string(raw), nil
}

// Refused reports whether an answer says that the tool refused.
func Refused(answer string) bool { return strings.HasPrefix(answer, "Error: ") }

func (s *Shop) findByEmail(in struct{ Email string }) (any, error) {
	for _, id := range slices.Sorted(maps.Keys(s.Users)) {
		if strings.EqualFold(s.Users[id].Email, in.Email) {
			return id, nil
		}
	}
	return nil, errors.New("user not found")
}

type nameAndZip struct {
	First string `json:"first_name"`
	Last  string `json:"last_name"`
	Zip   string `json:"zip"`
}

func (s *Shop) findByName(in nameAndZip) (any, error) {
	for _, id := range slices.Sorted(maps.Keys(s.Users)) {
		u := s.Users[id]
		if strings.EqualFold(u.Name.First, in.First) && strings.EqualFold(u.Name.Last, in.Last) && u.Address.Zip == in.Zip {
			return id, nil
		}
	}
	return nil, errors.New("user not found")
}

type userID struct {
	User string `json:"user_id"`
}

func (s *Shop) user(in userID) (any, error) {
	if u, ok := s.Users[in.User]; ok {
		return u, nil
	}
	return nil, errors.New("user not found")
}

type orderID struct {
	Order string `json:"order_id"`
}

func (s *Shop) order(id string) (*Order, error) {
	if o, ok := s.Orders[id]; ok {
		return o, nil
	}
	return nil, errors.New("order not found")
}

func (s *Shop) orderDetails(in orderID) (any, error) { return s.order(in.Order) }

func (s *Shop) product(in struct {
	Product string `json:"product_id"`
},
) (any, error) {
	if p, ok := s.Products[in.Product]; ok {
		return p, nil
	}
	return nil, errors.New("product not found")
}

func (s *Shop) item(in struct {
	Item string `json:"item_id"`
},
) (any, error) {
	for _, p := range s.Products {
		if v, ok := p.Variants[in.Item]; ok {
			return v, nil
		}
	}
	return nil, errors.New("item not found")
}

func (s *Shop) productTypes(struct{}) (any, error) {
	out := map[string]string{}
	for id, p := range s.Products {
		out[p.Name] = id
	}
	return out, nil
}

func (s *Shop) think(struct{ Thought string }) (any, error) { return "", nil }

func (s *Shop) transfer(struct{ Summary string }) (any, error) { return "Transfer successful", nil }

func (s *Shop) calculate(in struct{ Expression string }) (any, error) {
	return calculate(in.Expression)
}
