package store

// KeepLogo keeps a picture of a tenant. A name stands for the same picture for ever.
func (tx *Tx) KeepLogo(tenant, name string, image []byte) error {
	_, err := tx.exec("INSERT INTO logo (tenant, name, image) VALUES ($1, $2, $3) ON CONFLICT (tenant, name) DO NOTHING", tenant, name, image)
	return err
}

// Logo is a picture of a tenant; ErrNotFound where it has none of that name.
func (tx *Tx) Logo(tenant, name string) (image []byte, err error) {
	err = tx.one("SELECT image FROM logo WHERE tenant = $1 AND name = $2", []any{tenant, name}, &image)
	return image, err
}
