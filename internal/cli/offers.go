package cli

import (
	"context"
	"fmt"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/client"
)

var offerColumns = []column{
	{head: "NAME"},
	{head: "VCPUS"},
	{head: "MEMORY GB"},
	{head: "GPUS"},
	{head: "USD/H"},
	{head: "AVAILABLE"},
	{head: "REASON"},
	{head: "QUOTA LEFT", wide: true},
	{head: "MACHINES LEFT", wide: true},
	{head: "CATEGORY", wide: true},
	{head: "GPU", wide: true},
	{head: "FAMILY", wide: true},
	{head: "DISK GB", wide: true},
}

// offers lists sizes with whether they can be had, and why not.
func (a *App) offers(ctx context.Context, c *client.Client, location, priority string, gpu bool) error {
	priority, err := priorityOf(priority)
	if err != nil {
		return err
	}
	l := listing{columns: offerColumns, empty: a.say("sizes.none", location)}
	for o, err := range c.Offers(ctx, location, priority) {
		if err != nil {
			return a.fail(err, "cannot.list", "sizes")
		}
		if !gpu || o.GPUs > 0 {
			l.rows = append(l.rows, a.offerRow(o))
		}
	}
	return a.list(l)
}

func (a *App) offerRow(o *client.Offer) row {
	price, gpus, why, quota := "", "", "", ""
	if o.PricePerHour != nil {
		price = fmt.Sprintf("%.3f", *o.PricePerHour)
	}
	if o.GPUs > 0 {
		gpus = fmt.Sprint(o.GPUs)
	}
	if o.Reason != nil {
		why = a.reasonText(client.Reason{Code: o.Reason.Code, Message: o.Reason.Message, Params: o.Reason.Params})
	}
	if o.Quota.Limit >= 0 {
		quota = fmt.Sprintf("%d of %d", o.Quota.Available, o.Quota.Limit)
	}
	return row{o.Name, []string{
		o.Name, fmt.Sprint(o.VCPUs), fmt.Sprintf("%g", o.MemoryGB), gpus, price, o.Availability, why,
		quota, number(o.Capacity), o.Category, o.GPUModel, o.Family, fmt.Sprint(o.DiskGB),
	}, o.Raw}
}

// priorityOf reads --priority.
func priorityOf(text string) (string, error) {
	switch {
	case sameWord(text, "low"), sameWord(text, atelier.LowPriority):
		return atelier.LowPriority, nil
	case sameWord(text, atelier.Dedicated):
		return atelier.Dedicated, nil
	}
	return "", usage(fmt.Sprintf("--priority %s: there are dedicated and low", text))
}

// tried shows what a dry run made.
func (a *App) tried(name string, v *client.Compute) error {
	fmt.Fprintln(a.Stderr, a.say("compute.tried", name))
	return a.one(name, v.Raw, func(d *detail) {
		p := v.Properties.Preview
		v.Properties.ProvisioningWarnings = nil // p has them too
		a.computeDetail(d, v)
		if p == nil {
			return
		}
		if price := p.PricePerHour; price != nil {
			text := fmt.Sprintf("%.3f %s an hour", price.Max, p.Currency)
			if price.Min != price.Max {
				text = fmt.Sprintf("%.3f to %.3f %s an hour", price.Min, price.Max, p.Currency)
			}
			d.field("Price", text)
		}
		if q := p.Quota; q != nil {
			limit := "no limit"
			if q.Limit >= 0 {
				limit = fmt.Sprintf("of %d", q.Limit)
			}
			d.field("Quota", fmt.Sprintf("%s: %d vCPUs now, %d then, %s", q.Family, q.Before, q.After, limit))
		}
		for _, w := range p.Warnings {
			d.field("Warning", fmt.Sprintf("%s  [%s]", w.Message, w.Code))
		}
	})
}
