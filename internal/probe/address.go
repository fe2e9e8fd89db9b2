package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
)

// metadata are addresses at which clouds give secrets to whoever asks from inside,
// beyond the link-local ones.
var metadata = []netip.Addr{
	netip.MustParseAddr("100.100.100.200"), // Alibaba
	netip.MustParseAddr("168.63.129.16"),   // Azure
	netip.MustParseAddr("192.0.0.192"),     // Oracle
	netip.MustParseAddr("fd00:ec2::254"),   // Amazon
	netip.MustParseAddr("fd20:ce::254"),    // Google
}

var (
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
	sixTo = netip.MustParsePrefix("2002::/16")
)

// Refused says what an address is that no machine to attach has; "" if it is fine.
func Refused(a netip.Addr) string {
	a = embedded(a)
	switch {
	case !a.IsValid(), a.IsUnspecified():
		return "no address of a machine"
	case a.IsLinkLocalUnicast():
		return "a link-local address, at which clouds serve secrets to their machines"
	case a.IsMulticast(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return "an address of many machines"
	}
	for _, m := range metadata {
		if a == m {
			return "an address at which a cloud serves secrets to its machines"
		}
	}
	return ""
}

// embedded is the IPv4 address that an IPv6 address leads to, or the address itself.
func embedded(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if !a.Is6() {
		return a
	}
	b := a.As16()
	switch {
	case nat64.Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case sixTo.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

func isRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// plain is the innermost words of an error of the network: what is around them
// repeats the address.
func plain(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
