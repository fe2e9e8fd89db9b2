-- +goose Up

ALTER TABLE events ADD COLUMN detail TEXT NOT NULL DEFAULT ''; -- what the resource says of itself, shortly
