"""Rules of the field: state machines and limits. Pure: plain values in, plain values or a named error out."""
