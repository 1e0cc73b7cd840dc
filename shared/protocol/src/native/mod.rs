//! The native socket `/api/v1/ws`, subprotocol `hubbub.v1`.
