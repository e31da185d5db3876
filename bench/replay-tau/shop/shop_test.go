package shop_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"steward/bench/replay-tau/shop"
)

func files(t *testing.T) shop.Files {
	t.Helper()
	f, err := shop.ReadFiles(os.DirFS("../testdata/tau-retail/db"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func open(t *testing.T) *shop.Shop {
	t.Helper()
	s, err := files(t).Open()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func hash(t *testing.T, s *shop.Shop) string {
	t.Helper()
	h, err := s.Hash()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func call(t *testing.T, s *shop.Shop, name, arguments string) string {
	t.Helper()
	answer, err := s.Call(name, json.RawMessage(arguments))
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// TestRefusals: what the descriptions of the tools and the policy forbid is
// refused, and nothing changes.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const (
		pending, delivered, processed, cancelled = "#W4776164", "#W2378156", "#W1994898", "#W9711842"
		own                                      = "credit_card_9513926"
	)
	for _, c := range []struct{ name, tool, arguments string }{
		{"an order that there is not", "cancel_pending_order", `{"order_id":"#W0","reason":"no longer needed"}`},
		{"cancel a delivered order", "cancel_pending_order", `{"order_id":"` + delivered + `","reason":"no longer needed"}`},
		{"cancel a processed order", "cancel_pending_order", `{"order_id":"` + processed + `","reason":"no longer needed"}`},
		{"cancel a cancelled order", "cancel_pending_order", `{"order_id":"` + cancelled + `","reason":"no longer needed"}`},
		{"cancel for another reason", "cancel_pending_order", `{"order_id":"` + pending + `","reason":"too expensive"}`},
		{"the address of a delivered order", "modify_pending_order_address", `{"order_id":"` + delivered + `","address1":"a","city":"b"}`},
		{"the address of nobody", "modify_user_address", `{"user_id":"nobody","address1":"a"}`},
		{"the items of a delivered order", "modify_pending_order_items", `{"order_id":"` + delivered + `","item_ids":["1151293680"],"new_item_ids":["7706410293"],"payment_method_id":"` + own + `"}`},
		{"an item of another product", "modify_pending_order_items", `{"order_id":"` + pending + `","item_ids":["8349118980"],"new_item_ids":["6324294385"],"payment_method_id":"` + own + `"}`},
		{"an item that is not available", "modify_pending_order_items", `{"order_id":"` + pending + `","item_ids":["8349118980"],"new_item_ids":["5047954489"],"payment_method_id":"` + own + `"}`},
		{"an item that is not in the order", "modify_pending_order_items", `{"order_id":"` + pending + `","item_ids":["3799046073"],"new_item_ids":["9612497925"],"payment_method_id":"` + own + `"}`},
		{"one item twice", "modify_pending_order_items", `{"order_id":"` + pending + `","item_ids":["8349118980","8349118980"],"new_item_ids":["9612497925","8124970213"],"payment_method_id":"` + own + `"}`},
		{"more new items than old ones", "modify_pending_order_items", `{"order_id":"` + pending + `","item_ids":["8349118980"],"new_item_ids":["9612497925","8124970213"],"payment_method_id":"` + own + `"}`},
		{"no items", "modify_pending_order_items", `{"order_id":"` + pending + `","item_ids":[],"new_item_ids":[],"payment_method_id":"` + own + `"}`},
		{"pay with somebody else's card", "modify_pending_order_items", `{"order_id":"` + pending + `","item_ids":["8349118980"],"new_item_ids":["9612497925"],"payment_method_id":"credit_card_5902940"}`},
		{"the same payment again", "modify_pending_order_payment", `{"order_id":"` + pending + `","payment_method_id":"` + own + `"}`},
		{"somebody else's payment", "modify_pending_order_payment", `{"order_id":"` + pending + `","payment_method_id":"credit_card_5902940"}`},
		{"a gift card with too little on it", "modify_pending_order_payment", `{"order_id":"#W4923227","payment_method_id":"gift_card_8245350"}`},
		{"exchange in a pending order", "exchange_delivered_order_items", `{"order_id":"` + pending + `","item_ids":["8349118980"],"new_item_ids":["9612497925"],"payment_method_id":"` + own + `"}`},
		{"return of a pending order", "return_delivered_order_items", `{"order_id":"` + pending + `","item_ids":["8349118980"],"payment_method_id":"` + own + `"}`},
		{"return to another card", "return_delivered_order_items", `{"order_id":"` + delivered + `","item_ids":["1151293680"],"payment_method_id":"credit_card_5902940"}`},
		{"return of what was not bought", "return_delivered_order_items", `{"order_id":"` + delivered + `","item_ids":["8349118980"],"payment_method_id":"` + own + `"}`},
		{"return of one item twice", "return_delivered_order_items", `{"order_id":"` + delivered + `","item_ids":["1151293680","1151293680"],"payment_method_id":"` + own + `"}`},
		{"arguments of another type", "cancel_pending_order", `{"order_id":7}`},
		{"a user by a wrong zip code", "find_user_id_by_name_zip", `{"first_name":"Yusuf","last_name":"Rossi","zip":"00000"}`},
		{"a calculation with a name", "calculate", `{"expression":"1 + x"}`},
		{"a calculation without an end", "calculate", `{"expression":"(1 + 2"}`},
		{"a division by zero", "calculate", `{"expression":"1 / 0"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			before := hash(t, s)
			if answer := call(t, s, c.tool, c.arguments); !shop.Refused(answer) {
				t.Errorf("it was done: %s", answer)
			}
			if hash(t, s) != before {
				t.Error("the refused call has changed the database")
			}
		})
	}
}

// TestOnce: a return, an exchange and a change of items are done once.
func TestOnce(t *testing.T) {
	t.Parallel()
	const exchange = `{"order_id":"#W2378156","item_ids":["1151293680"],"new_item_ids":["7706410293"],"payment_method_id":"credit_card_9513926"}`
	const items = `{"order_id":"#W4776164","item_ids":["8349118980"],"new_item_ids":["9612497925"],"payment_method_id":"credit_card_9513926"}`
	for tool, arguments := range map[string]string{
		"exchange_delivered_order_items": exchange,
		"modify_pending_order_items":     items,
		"return_delivered_order_items":   `{"order_id":"#W2378156","item_ids":["1151293680"],"payment_method_id":"credit_card_9513926"}`,
		"cancel_pending_order":           `{"order_id":"#W4776164","reason":"ordered by mistake"}`,
		"modify_pending_order_payment":   `{"order_id":"#W4923227","payment_method_id":"credit_card_8897086"}`,
	} {
		s := open(t)
		before := hash(t, s)
		if answer := call(t, s, tool, arguments); shop.Refused(answer) {
			t.Errorf("%s: %s", tool, answer)
		}
		after := hash(t, s)
		if after == before {
			t.Errorf("%s changes nothing", tool)
		}
		if answer := call(t, s, tool, arguments); !shop.Refused(answer) || hash(t, s) != after {
			t.Errorf("%s is done twice: %s", tool, answer)
		}
	}
}

// TestEffects names what a write leaves behind, so that the semantics are pinned
// apart from any replay.
func TestEffects(t *testing.T) {
	t.Parallel()
	s := open(t)
	call(t, s, "modify_pending_order_items", `{"order_id":"#W4776164","item_ids":["8349118980"],"new_item_ids":["9612497925"],"payment_method_id":"credit_card_9513926"}`)
	o := s.Orders["#W4776164"]
	// The new shirt costs 50.88 in place of 53.43.
	if last := o.Payments[len(o.Payments)-1]; last.Type != "refund" || last.Amount != 2.55 {
		t.Errorf("payments %+v", o.Payments)
	}
	if o.Items[0].ID != "9612497925" || o.Items[0].Price != 50.88 || o.Items[0].Options["color"] != "blue" {
		t.Errorf("items %+v", o.Items)
	}
	call(t, s, "modify_pending_order_address", `{"order_id":"#W4776164","address1":"1 Road","city":"Rome","state":"RM","country":"Italy","zip":"1"}`)
	if o.Address.City != "Rome" || o.Address.Address2 != "" {
		t.Errorf("address %+v", o.Address)
	}
	call(t, s, "return_delivered_order_items", `{"order_id":"#W7553978","item_ids":["4545791457","3098764622"],"payment_method_id":"credit_card_5902940"}`)
	o = s.Orders["#W7553978"]
	if o.Status != "return requested" || !slices.Equal(o.ReturnItems, []string{"3098764622", "4545791457"}) || o.ReturnMethod != "credit_card_5902940" {
		t.Errorf("return %+v", o)
	}
	call(t, s, "cancel_pending_order", `{"order_id":"#W6832752","reason":"no longer needed"}`)
	o = s.Orders["#W6832752"]
	if o.Status != "cancelled" || o.CancelReason != "no longer needed" || len(o.Payments) != 2 || o.Payments[1].Type != "refund" {
		t.Errorf("cancelled %+v", o)
	}
}

// TestGiftCard: a gift card is charged and refunded at once.
func TestGiftCard(t *testing.T) {
	t.Parallel()
	s := open(t)
	card := s.Users["isabella_lopez_6490"].Methods["gift_card_8245350"]
	*card.Balance = 400
	call(t, s, "modify_pending_order_payment", `{"order_id":"#W4923227","payment_method_id":"gift_card_8245350"}`)
	if *card.Balance != 78.82 {
		t.Errorf("balance %v after paying 321.18 of 400", *card.Balance)
	}
	call(t, s, "cancel_pending_order", `{"order_id":"#W4923227","reason":"no longer needed"}`)
	if *card.Balance < 78.82+321.18 {
		t.Errorf("balance %v after the refund", *card.Balance)
	}
}

func TestReads(t *testing.T) {
	t.Parallel()
	s := open(t)
	before := hash(t, s)
	for _, c := range []struct{ tool, arguments, want string }{
		{"find_user_id_by_name_zip", `{"first_name":"yusuf","last_name":"rossi","zip":"19122"}`, "yusuf_rossi_9620"},
		{"get_user_details", `{"user_id":"yusuf_rossi_9620"}`, `"orders":["#W`},
		{"get_order_details", `{"order_id":"#W2378156"}`, `"status":"delivered"`},
		{"get_product_details", `{"product_id":"9523456873"}`, `"T-Shirt"`},
		{"get_item_details", `{"item_id":"9612497925"}`, `"price":50.88`},
		{"list_all_product_types", `{}`, `"T-Shirt":"9523456873"`},
		{"calculate", `{"expression":"(1.5 + 2) * 4 / -8 - 0.333"}`, "-2.08"},
		{"think", `{"thought":"hm"}`, ""},
		{"transfer_to_human_agents", `{"summary":"x"}`, "Transfer successful"},
	} {
		if answer := call(t, s, c.tool, c.arguments); shop.Refused(answer) || !strings.Contains(answer, c.want) {
			t.Errorf("%s: %s, want %s", c.tool, answer, c.want)
		}
	}
	if hash(t, s) != before {
		t.Error("a read has changed the database")
	}
	if _, err := s.Call("drop_tables", nil); err == nil {
		t.Error("there is a tool that there is not")
	}
}

func TestReadFilesRefuses(t *testing.T) {
	t.Parallel()
	if _, err := shop.ReadFiles(os.DirFS(t.TempDir())); err == nil {
		t.Error("an empty folder is a database")
	}
}
