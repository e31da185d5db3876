package temporalclient

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// EnsureSearchAttributes registers the wanted search attributes of a namespace that are missing, and returns
// when the server lists them all. Several processes may call it at once, and it may be repeated at every start.
// An attribute that exists with another type is an error: Temporal cannot change it.
func EnsureSearchAttributes(ctx context.Context, c client.Client, namespace string, wanted map[string]enums.IndexedValueType) error {
	missing, err := missingAttributes(ctx, c, namespace, wanted)
	if err != nil || len(missing) == 0 {
		return err
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace:        namespace,
		SearchAttributes: missing,
	})
	// Another process may have been faster; the list below tells whether all are there.
	if exists := (*serviceerror.AlreadyExists)(nil); err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("add search attributes %v: %w", slices.Sorted(maps.Keys(missing)), err)
	}
	return poll(ctx, "search attributes", func(ctx context.Context) error {
		still, err := missingAttributes(ctx, c, namespace, wanted)
		if err == nil && len(still) > 0 {
			err = fmt.Errorf("still missing %v", slices.Sorted(maps.Keys(still)))
		}
		return err
	})
}

func missingAttributes(ctx context.Context, c client.Client, namespace string, wanted map[string]enums.IndexedValueType) (map[string]enums.IndexedValueType, error) {
	have, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return nil, fmt.Errorf("list search attributes: %w", err)
	}
	missing := make(map[string]enums.IndexedValueType)
	for name, kind := range wanted {
		if _, ok := have.GetSystemAttributes()[name]; ok {
			return nil, fmt.Errorf("search attribute %s: the name belongs to Temporal itself", name)
		}
		existing, ok := have.GetCustomAttributes()[name]
		switch {
		case !ok:
			missing[name] = kind
		case existing != kind:
			return nil, fmt.Errorf("search attribute %s has type %s, and %s is needed", name, existing, kind)
		}
	}
	return missing, nil
}
