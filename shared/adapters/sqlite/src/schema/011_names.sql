-- What people are called besides their username, and lists of a tenant's people.
ALTER TABLE users ADD COLUMN first_name TEXT;
ALTER TABLE users ADD COLUMN last_name TEXT;
CREATE INDEX users_of_tenant ON users (tenant, id);
