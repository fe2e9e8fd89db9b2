package store

// OpenSQLiteSync opens with another sync mode: what loses data must be seen to.
var OpenSQLiteSync = openSQLite
