//! The command people use: validate, plan, apply, watch, roll back.
