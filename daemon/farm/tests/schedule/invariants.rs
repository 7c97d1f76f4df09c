//! What must hold for every farm and every decision.
