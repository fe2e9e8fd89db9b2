package atelier

import "time"

// SignIn is one sign-in of a user at a client, such as a command line on another
// machine: by its refresh tokens the client stays signed in. Each use gives the next
// token; Turn says which one is good, and none of them is stored.
type SignIn struct {
	Meta
	Principal    ID        `json:"principal"`
	PrincipalUID string    `json:"principalUID"`
	Client       string    `json:"client"` // its ID, as it called itself
	Turn         int64     `json:"turn"`
	TurnedAt     time.Time `json:"turnedAt"`
	ExpiresAt    time.Time `json:"expiresAt"`
}

// Index implements Resource. Hash is whose it is.
func (s *SignIn) Index() Index { return Index{Hash: s.PrincipalUID} }
