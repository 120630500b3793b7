//! The rows of the back office's people, column by column as the migration declares them.

use crate::store::row::row;

row! {
    UserRow in "users", locked: true {
        full_name: String,
        password: String,
        password_at: i64,
        grants: String,
        disabled: i64,
        demo: i64,
        failures: i64,
        locked_until: Option<i64>,
        language: String,
        zone: String,
        created_at: i64,
        updated_at: i64,
    }
}

row! {
    SecondFactorRow in "second_factors", locked: true {
        user_id: i64,
        secret: String,
        last_step: i64,
        confirmed_at: Option<i64>,
        created_at: i64,
    }
}

row! {
    SessionRow in "sessions", locked: false {
        user_id: i64,
        stage: String,
        csrf: String,
        created_at: i64,
        seen_at: i64,
        code_at: Option<i64>,
        ended_at: Option<i64>,
    }
}

row! {
    SavedViewRow in "saved_views", locked: false {
        user_id: i64,
        page: String,
        title: String,
        query: String,
        shared: i64,
        removed_at: Option<i64>,
        updated_at: i64,
    }
}
