package provider

import (
	"slices"
	"strings"

	"github.com/atelier-compute/atelier"
)

// AzureSizes returns the size names that Azure users know, so that existing YAML
// works on any location. Prices are Azure's list prices in USD per hour for Linux,
// pay as you go, East US, as known when this was written: a measure to compare by,
// not a promise. Retired sizes are there because files still name them.
func AzureSizes() []atelier.Size {
	sizes := make([]atelier.Size, len(azure))
	for i, r := range azure {
		sizes[i] = atelier.Size{
			Name: "Standard_" + r.name, Family: r.family, VCPUs: r.vcpus, MemoryGiB: r.memory,
			GPUs: r.gpus, GPU: r.gpu, DiskGiB: r.disk, PricePerH: r.price,
			LowPriority: r.family != "standardBSFamily", // Azure has no B sizes at low priority
		}
	}
	return sizes
}

// FindSize looks a size up without regard to case. An unknown one is an Invalid
// error that names the nearest.
func FindSize(list []atelier.Size, name string) (atelier.Size, error) {
	for _, s := range list {
		if strings.EqualFold(s.Name, name) {
			return s, nil
		}
	}
	hint := ""
	if near := nearSizes(list, name); len(near) > 0 {
		hint = "; near ones are " + strings.Join(near, ", ")
	}
	return atelier.Size{}, atelier.Errorf(atelier.Invalid, "InvalidVMSize",
		"there is no VM size %q here%s; `atelier compute sizes` lists all", name, hint).At("properties.properties.vmSize")
}

// nearSizes returns up to three names that a user may have meant, nearest first.
func nearSizes(list []atelier.Size, name string) []string {
	type near struct {
		name string
		far  int
	}
	asked := bare(name)
	if len(asked) > 64 { // nobody mistyped that; the distance would cost its length
		return nil
	}
	var found []near
	for _, s := range list {
		if far := distance(asked, bare(s.Name)); far <= max(1, len(asked)/2) {
			found = append(found, near{s.Name, far})
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return a.far - b.far })
	var names []string
	for _, f := range found[:min(3, len(found))] {
		names = append(names, f.name)
	}
	return names
}

// bare leaves of a size's name what tells it from others.
func bare(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	return strings.NewReplacer("standard_", "", "_", "", "-", "", " ", "").Replace(name)
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		left := row[0]
		row[0]++
		for j := range len(b) {
			change := left
			if a[i] != b[j] {
				change++
			}
			left = row[j+1]
			row[j+1] = min(change, row[j]+1, left+1)
		}
	}
	return row[len(b)]
}

var azure = []struct {
	name, family string
	vcpus        int
	memory       float64
	gpus         int
	gpu          string
	disk         int
	price        float64
}{
	// General purpose.
	{"D1_v2", "standardDv2Family", 1, 3.5, 0, "", 50, 0.073},
	{"D2_v2", "standardDv2Family", 2, 7, 0, "", 100, 0.146},
	{"D3_v2", "standardDv2Family", 4, 14, 0, "", 200, 0.293},
	{"D4_v2", "standardDv2Family", 8, 28, 0, "", 400, 0.585},
	{"D5_v2", "standardDv2Family", 16, 56, 0, "", 800, 1.17},
	{"D11_v2", "standardDv2Family", 2, 14, 0, "", 100, 0.185},
	{"D12_v2", "standardDv2Family", 4, 28, 0, "", 200, 0.371},
	{"D13_v2", "standardDv2Family", 8, 56, 0, "", 400, 0.741},
	{"D14_v2", "standardDv2Family", 16, 112, 0, "", 800, 1.482},
	{"DS1_v2", "standardDSv2Family", 1, 3.5, 0, "", 7, 0.073},
	{"DS2_v2", "standardDSv2Family", 2, 7, 0, "", 14, 0.146},
	{"DS3_v2", "standardDSv2Family", 4, 14, 0, "", 28, 0.293},
	{"DS4_v2", "standardDSv2Family", 8, 28, 0, "", 56, 0.585},
	{"DS5_v2", "standardDSv2Family", 16, 56, 0, "", 112, 1.17},
	{"DS11_v2", "standardDSv2Family", 2, 14, 0, "", 28, 0.185},
	{"DS12_v2", "standardDSv2Family", 4, 28, 0, "", 56, 0.371},
	{"DS13_v2", "standardDSv2Family", 8, 56, 0, "", 112, 0.741},
	{"DS14_v2", "standardDSv2Family", 16, 112, 0, "", 224, 1.482},
	{"D2_v3", "standardDv3Family", 2, 8, 0, "", 50, 0.096},
	{"D4_v3", "standardDv3Family", 4, 16, 0, "", 100, 0.192},
	{"D8_v3", "standardDv3Family", 8, 32, 0, "", 200, 0.384},
	{"D16_v3", "standardDv3Family", 16, 64, 0, "", 400, 0.768},
	{"D32_v3", "standardDv3Family", 32, 128, 0, "", 800, 1.536},
	{"D64_v3", "standardDv3Family", 64, 256, 0, "", 1600, 3.072},
	{"D2s_v3", "standardDSv3Family", 2, 8, 0, "", 16, 0.096},
	{"D4s_v3", "standardDSv3Family", 4, 16, 0, "", 32, 0.192},
	{"D8s_v3", "standardDSv3Family", 8, 32, 0, "", 64, 0.384},
	{"D16s_v3", "standardDSv3Family", 16, 64, 0, "", 128, 0.768},
	{"D32s_v3", "standardDSv3Family", 32, 128, 0, "", 256, 1.536},
	{"D64s_v3", "standardDSv3Family", 64, 256, 0, "", 512, 3.072},
	{"D2ds_v4", "standardDDSv4Family", 2, 8, 0, "", 75, 0.113},
	{"D4ds_v4", "standardDDSv4Family", 4, 16, 0, "", 150, 0.226},
	{"D8ds_v4", "standardDDSv4Family", 8, 32, 0, "", 300, 0.452},
	{"D16ds_v4", "standardDDSv4Family", 16, 64, 0, "", 600, 0.904},
	{"D2s_v5", "standardDSv5Family", 2, 8, 0, "", 0, 0.096},
	{"D4s_v5", "standardDSv5Family", 4, 16, 0, "", 0, 0.192},
	{"D8s_v5", "standardDSv5Family", 8, 32, 0, "", 0, 0.384},
	{"D16s_v5", "standardDSv5Family", 16, 64, 0, "", 0, 0.768},
	{"D4ds_v5", "standardDDSv5Family", 4, 16, 0, "", 150, 0.226},
	{"D8ds_v5", "standardDDSv5Family", 8, 32, 0, "", 300, 0.452},
	{"B1s", "standardBSFamily", 1, 1, 0, "", 4, 0.0104},
	{"B1ms", "standardBSFamily", 1, 2, 0, "", 4, 0.0207},
	{"B2s", "standardBSFamily", 2, 4, 0, "", 8, 0.0416},
	{"B2ms", "standardBSFamily", 2, 8, 0, "", 16, 0.0832},
	{"B4ms", "standardBSFamily", 4, 16, 0, "", 32, 0.166},
	{"B8ms", "standardBSFamily", 8, 32, 0, "", 64, 0.333},

	// Compute optimised.
	{"F2s_v2", "standardFSv2Family", 2, 4, 0, "", 16, 0.0846},
	{"F4s_v2", "standardFSv2Family", 4, 8, 0, "", 32, 0.169},
	{"F8s_v2", "standardFSv2Family", 8, 16, 0, "", 64, 0.338},
	{"F16s_v2", "standardFSv2Family", 16, 32, 0, "", 128, 0.677},
	{"F32s_v2", "standardFSv2Family", 32, 64, 0, "", 256, 1.353},
	{"F64s_v2", "standardFSv2Family", 64, 128, 0, "", 512, 2.706},
	{"F72s_v2", "standardFSv2Family", 72, 144, 0, "", 576, 3.045},

	// Memory optimised.
	{"E2s_v3", "standardESv3Family", 2, 16, 0, "", 32, 0.126},
	{"E4s_v3", "standardESv3Family", 4, 32, 0, "", 64, 0.252},
	{"E8s_v3", "standardESv3Family", 8, 64, 0, "", 128, 0.504},
	{"E16s_v3", "standardESv3Family", 16, 128, 0, "", 256, 1.008},
	{"E32s_v3", "standardESv3Family", 32, 256, 0, "", 512, 2.016},
	{"E64s_v3", "standardESv3Family", 64, 432, 0, "", 864, 3.629},
	{"E4ds_v4", "standardEDSv4Family", 4, 32, 0, "", 150, 0.288},
	{"E8ds_v4", "standardEDSv4Family", 8, 64, 0, "", 300, 0.576},
	{"M64s", "standardMSFamily", 64, 1024, 0, "", 2048, 6.669},
	{"M128s", "standardMSFamily", 128, 2048, 0, "", 4096, 13.338},

	// GPU.
	{"NC6", "standardNCFamily", 6, 56, 1, "K80", 340, 0.9},
	{"NC12", "standardNCFamily", 12, 112, 2, "K80", 680, 1.8},
	{"NC24", "standardNCFamily", 24, 224, 4, "K80", 1440, 3.6},
	{"NC6s_v3", "standardNCSv3Family", 6, 112, 1, "V100-16GB", 736, 3.06},
	{"NC12s_v3", "standardNCSv3Family", 12, 224, 2, "V100-16GB", 1474, 6.12},
	{"NC24s_v3", "standardNCSv3Family", 24, 448, 4, "V100-16GB", 2948, 12.24},
	{"NC4as_T4_v3", "Standard NCASv3_T4 Family", 4, 28, 1, "T4", 180, 0.526},
	{"NC8as_T4_v3", "Standard NCASv3_T4 Family", 8, 56, 1, "T4", 360, 0.752},
	{"NC16as_T4_v3", "Standard NCASv3_T4 Family", 16, 110, 1, "T4", 360, 1.204},
	{"NC64as_T4_v3", "Standard NCASv3_T4 Family", 64, 440, 4, "T4", 2880, 4.352},
	{"NC24ads_A100_v4", "StandardNCADSA100v4Family", 24, 220, 1, "A100-80GB", 64, 3.673},
	{"NC48ads_A100_v4", "StandardNCADSA100v4Family", 48, 440, 2, "A100-80GB", 128, 7.346},
	{"NC96ads_A100_v4", "StandardNCADSA100v4Family", 96, 880, 4, "A100-80GB", 256, 14.692},
	{"NC40ads_H100_v5", "StandardNCADSH100v5Family", 40, 320, 1, "H100-94GB", 128, 6.98},
	{"NC80adis_H100_v5", "StandardNCADSH100v5Family", 80, 640, 2, "H100-94GB", 256, 13.96},
	{"ND40rs_v2", "standardNDv2Family", 40, 672, 8, "V100-32GB", 2948, 22.032},
	{"ND96asr_v4", "Standard NDASv4_A100 Family", 96, 900, 8, "A100-40GB", 6000, 27.197},
	{"ND96amsr_A100_v4", "Standard NDAMSv4_A100Family", 96, 1900, 8, "A100-80GB", 6400, 32.77},
	{"ND96isr_H100_v5", "standardNDSH100v5Family", 96, 1900, 8, "H100-80GB", 1000, 98.32},
	{"NV6", "standardNVFamily", 6, 56, 1, "M60", 380, 1.14},
	{"NV12s_v3", "standardNVSv3Family", 12, 112, 1, "M60", 320, 1.14},
	{"NV24s_v3", "standardNVSv3Family", 24, 224, 2, "M60", 640, 2.28},
	{"NV36ads_A10_v5", "StandardNVADSA10v5Family", 36, 440, 1, "A10", 720, 3.2},
}
