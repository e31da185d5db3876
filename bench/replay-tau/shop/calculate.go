package shop

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"strconv"
	"strings"
)

// maxExpression bounds a calculation in bytes.
const maxExpression = 1000

var errExpression = errors.New("invalid characters in expression")

// calculate is the result of a calculation with + - * / and parentheses, with
// two decimals.
func calculate(expression string) (string, error) {
	if len(expression) > maxExpression || strings.Trim(expression, "0123456789+-*/(). ") != "" {
		return "", errExpression
	}
	tree, err := parser.ParseExpr(expression)
	if err != nil {
		return "", errExpression
	}
	value, err := evaluate(tree)
	if err != nil || math.IsInf(value, 0) || math.IsNaN(value) {
		return "", errExpression
	}
	return strconv.FormatFloat(cents(value), 'f', -1, 64), nil
}

func evaluate(node ast.Expr) (float64, error) {
	switch n := node.(type) {
	case *ast.BasicLit:
		return strconv.ParseFloat(n.Value, 64)
	case *ast.ParenExpr:
		return evaluate(n.X)
	case *ast.UnaryExpr:
		x, err := evaluate(n.X)
		if n.Op == token.SUB {
			x = -x
		}
		return x, err
	case *ast.BinaryExpr:
		x, errX := evaluate(n.X)
		y, errY := evaluate(n.Y)
		return operate(n.Op, x, y), errors.Join(errX, errY)
	}
	return 0, errExpression
}

func operate(op token.Token, x, y float64) float64 {
	switch op {
	case token.ADD:
		return x + y
	case token.SUB:
		return x - y
	case token.MUL:
		return x * y
	case token.QUO:
		return x / y
	}
	return math.NaN()
}

// cents rounds dollars to cents.
func cents(dollars float64) float64 { return math.Round(dollars*100) / 100 }
