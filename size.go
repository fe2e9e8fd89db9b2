package atelier

import (
	"strconv"
	"strings"
)

// Size is a machine shape (wire A.10, VirtualMachineSize).
type Size struct {
	Name        string
	Family      string
	VCPUs       int
	MemoryGiB   float64
	GPUs        int
	GPU         string  // model, for example "A100-80GB"
	DiskGiB     int     // resource volume
	PricePerH   float64 // USD, list price of Azure, Linux; 0 is not priced
	LowPriority bool    // may be had at low priority
}

func fold(s string) string { return strings.ToLower(s) }

func itoa(i int) string { return strconv.Itoa(i) }
