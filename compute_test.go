package atelier

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestComputeShown(t *testing.T) {
	for _, c := range []struct {
		name                 string
		generation, observed int64
		state                ComputeState
		deleting             bool
		want                 ComputeState
	}{
		{"new", 1, 0, "", false, Creating},
		{"observed-creating", 1, 1, Creating, false, Creating},
		{"created", 1, 1, Succeeded, false, Succeeded},
		{"failed", 1, 1, Failed, false, Failed},
		{"changed-and-not-seen", 2, 1, Succeeded, false, Updating},
		{"changed-before-it-was-seen", 2, 0, "", false, Updating},
		{"changed-and-seen", 2, 2, Succeeded, false, Succeeded},
		{"observed-without-a-state", 1, 1, "", false, Creating},
		{"failed-then-changed", 3, 2, Failed, false, Updating},
		{"deleting", 1, 1, Succeeded, true, Deleting},
		{"deleting-before-it-was-seen", 1, 0, "", true, Deleting},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := Compute{Status: ComputeStatus{Observed: c.observed, State: c.state}}
			v.Generation = c.generation
			if c.deleting {
				v.DeletedAt = time.Unix(1, 0)
			}
			if got := v.Shown(); got != c.want || v.Index().State != string(c.want) {
				t.Errorf("shown %q, indexed %q, want %q", got, v.Index().State, c.want)
			}
		})
	}
}

func goodCluster() *ClusterSpec {
	return &ClusterSpec{Size: "Standard_DS3_v2", Priority: Dedicated, Max: 4, IdleAfter: DefaultIdle, RemoteLogin: "NotSpecified", OSType: "Linux"}
}

func TestClusterValidate(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*ClusterSpec)
		target string // "" is valid
	}{
		{"good", func(*ClusterSpec) {}, ""},
		{"low-priority", func(s *ClusterSpec) { s.Priority = LowPriority }, ""},
		{"fixed-size", func(s *ClusterSpec) { s.Min = 4 }, ""},
		{"never-idle", func(s *ClusterSpec) { s.IdleAfter = 0 }, ""},
		{"largest", func(s *ClusterSpec) { s.Max = MaxNodes }, ""},
		{"user-with-key", func(s *ClusterSpec) { s.AdminUser, s.AdminKey = "u", "ssh-ed25519 AAAA" }, ""},
		{"user-with-password", func(s *ClusterSpec) { s.AdminUser, s.AdminPassHash = "u", "hash" }, ""},
		{"no-size", func(s *ClusterSpec) { s.Size = "" }, "vmSize"},
		{"priority", func(s *ClusterSpec) { s.Priority = "dedicated" }, "vmPriority"},
		{"negative-min", func(s *ClusterSpec) { s.Min = -1 }, "scaleSettings.minNodeCount"},
		{"no-max", func(s *ClusterSpec) { s.Max = 0 }, "scaleSettings.maxNodeCount"},
		{"max-below-min", func(s *ClusterSpec) { s.Min = 5 }, "scaleSettings.maxNodeCount"},
		{"too-large", func(s *ClusterSpec) { s.Max = MaxNodes + 1 }, "scaleSettings.maxNodeCount"},
		{"negative-idle", func(s *ClusterSpec) { s.IdleAfter = -1 }, "scaleSettings.nodeIdleTimeBeforeScaleDown"},
		{"remote-login", func(s *ClusterSpec) { s.RemoteLogin = "" }, "remoteLoginPortPublicAccess"},
		{"os", func(s *ClusterSpec) { s.OSType = "BeOS" }, "osType"},
		{"user-without-key", func(s *ClusterSpec) { s.AdminUser = "u" }, "userAccountCredentials"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := goodCluster()
			c.change(s)
			err := s.Validate()
			var e *Error
			switch {
			case c.target == "":
				if err != nil {
					t.Errorf("refused: %v", err)
				}
			case !errors.As(err, &e) || e.Kind != Invalid || e.Target != "properties.properties."+c.target:
				t.Errorf("error = %+v, want Invalid at %s", err, c.target)
			case !strings.Contains(e.Message, c.target[strings.LastIndexByte(c.target, '.')+1:]) && c.target != "userAccountCredentials":
				t.Errorf("message %q does not name the field", e.Message)
			}
		})
	}
}

func TestClusterFixed(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*ClusterSpec)
		field  string // "" may change
	}{
		{"same", func(*ClusterSpec) {}, ""},
		{"scale", func(s *ClusterSpec) { s.Min, s.Max, s.IdleAfter, s.IdleText = 1, 9, time.Hour, "PT1H" }, ""},
		{"spelling-of-size", func(s *ClusterSpec) { s.Size = strings.ToUpper(s.Size) }, ""},
		{"password", func(s *ClusterSpec) { s.AdminPassHash = "other" }, ""},
		{"size", func(s *ClusterSpec) { s.Size = "Standard_NC6" }, "vmSize"},
		{"priority", func(s *ClusterSpec) { s.Priority = LowPriority }, "vmPriority"},
		{"os", func(s *ClusterSpec) { s.OSType = "Windows" }, "osType"},
		{"remote-login", func(s *ClusterSpec) { s.RemoteLogin = "Enabled" }, "remoteLoginPortPublicAccess"},
		{"remote-login-not-said", func(s *ClusterSpec) { s.RemoteLogin = "NotSpecified" }, ""},
		{"user", func(s *ClusterSpec) { s.AdminUser = "u" }, "userAccountCredentials.adminUserName"},
		{"key", func(s *ClusterSpec) { s.AdminKey = "k" }, "userAccountCredentials.adminUserSshPublicKey"},
		{"subnet", func(s *ClusterSpec) { s.Subnet = "/subnets/a" }, "subnet"},
		{"image", func(s *ClusterSpec) { s.Image = "img" }, "virtualMachineImage"},
		{"isolation", func(s *ClusterSpec) { s.Isolated = true }, "isolatedNetwork"},
		{"public-ip", func(s *ClusterSpec) { s.NoPublicIP = true }, "enableNodePublicIp"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, old := goodCluster(), goodCluster()
			s.RemoteLogin, old.RemoteLogin = "Disabled", "Disabled"
			c.change(s)
			err := s.Fixed(old)
			var e *Error
			switch {
			case c.field == "":
				if err != nil {
					t.Errorf("refused: %v", err)
				}
			case !errors.As(err, &e) || e.Kind != Conflict || e.Target != "properties.properties."+c.field:
				t.Errorf("error = %+v, want Conflict at %s", err, c.field)
			case !strings.HasPrefix(e.Message, c.field+" cannot change"):
				t.Errorf("message %q does not name the field", e.Message)
			}
		})
	}
}

// TestClusterFixedRepeatsWhatWasWritten has sizes in the error as users spell them.
func TestClusterFixedRepeatsWhatWasWritten(t *testing.T) {
	old, s := goodCluster(), goodCluster()
	old.Size, s.Size = "Standard_DS3_v2", "STANDARD_NC6"
	err := s.Fixed(old)
	if err == nil || !strings.Contains(err.Error(), `it is "Standard_DS3_v2", the request asks for "STANDARD_NC6"`) {
		t.Errorf("got %v", err)
	}
}

func TestClusterFixedIsReflexive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.Make[ClusterSpec]().Draw(t, "spec")
		same := s
		if err := same.Fixed(&s); err != nil {
			t.Fatalf("a spec differs from itself: %v", err)
		}
	})
}
