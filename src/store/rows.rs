//! The row types, column by column as the migrations declare them.

use super::row::{row, written};

row! {
    /// A writer's lane: its audit chain's head and the last id it made.
    LaneRow in "lanes", locked: true {
        head_seq: i64,
        head_hash: String,
        last_id: i64,
    }
}

row! {
    CustomerRow in "customers", locked: false, fixed: [front_end, pin, created_at] {
        front_end: String,
        pin: String,
        currency: String,
        blocked: i64,
        login_token_hash: Option<String>,
        first_name: Option<String>,
        last_name: Option<String>,
        street: Option<String>,
        city: Option<String>,
        province: Option<String>,
        postal_code: Option<String>,
        country: Option<String>,
        phone: Option<String>,
        email: Option<String>,
        born: Option<String>,
        gender: Option<String>,
        profile: Option<i64>,
        ip_address: Option<String>,
        created_at: i64,
        updated_at: i64,
    }
}

row! {
    AccountRow in "accounts", locked: true, fixed: [path, stripe, kind, currency] {
        path: String,
        stripe: i64,
        kind: String,
        currency: String,
        balance: i64,
    }
}

row! {
    LedgerTransactionRow in "ledger_transactions", locked: false {
        kind: String,
        subject: String,
        subject_id: Option<i64>,
        front_end: String,
        at: i64,
    }
}

written! {
    /// One posting pair. It has no name and no version: it is written once and never read by a command.
    EntryRow in "ledger_entries" {
        id: i64,
        transaction_id: i64,
        from_account: i64,
        to_account: i64,
        amount: i64,
        currency: String,
    }
}

row! {
    PayoutRow in "payouts", locked: true, fixed: [front_end, pin, customer_id, trace_id, currency, created_at] {
        front_end: String,
        pin: String,
        customer_id: i64,
        trace_id: i64,
        status: String,
        currency: String,
        amount: i64,
        fee: i64,
        debit_state: String,
        debit_amount: i64,
        debit_fee: i64,
        asked_name: Option<String>,
        asked_processor: Option<String>,
        asked_route: Option<String>,
        used_name: Option<String>,
        used_processor: Option<String>,
        used_route: Option<String>,
        payment_method: Option<String>,
        transaction_id: Option<String>,
        created_by: Option<String>,
        updated_by: Option<String>,
        reversal_id: Option<i64>,
        reversal_trace_id: Option<i64>,
        attempt_id: Option<i64>,
        attempt_state: Option<String>,
        created_at: i64,
        updated_at: i64,
        bank_account: Option<String>,
        stopped: Option<String>,
    }
}

row! {
    AttemptRow in "payout_attempts", locked: true, fixed: [payout_id, number, route, account, request_id, created_at] {
        payout_id: i64,
        number: i64,
        route: String,
        account: String,
        request_id: String,
        reference: String,
        state: String,
        processor_reference: Option<String>,
        code: Option<String>,
        reason: Option<String>,
        sent_at: Option<i64>,
        inquiries: i64,
        created_at: i64,
        updated_at: i64,
        not_found_at: Option<i64>,
        instrument_id: Option<i64>,
        deposit_id: Option<i64>,
        credited_before: Option<i64>,
    }
}

row! {
    DepositRow in "deposits", locked: true, fixed: [front_end, pin, customer_id, trace_id, currency, run_by_us, created_at] {
        front_end: String,
        pin: String,
        customer_id: i64,
        trace_id: i64,
        status: String,
        currency: String,
        amount: i64,
        captured: i64,
        refunded: i64,
        processor_name: Option<String>,
        processor: Option<String>,
        route: Option<String>,
        payment_method: Option<String>,
        transaction_id: Option<String>,
        created_by: Option<String>,
        run_by_us: i64,
        account: Option<String>,
        method: Option<String>,
        reference: Option<String>,
        processor_reference: Option<String>,
        capture: Option<String>,
        language: Option<String>,
        token: Option<String>,
        opened: Option<String>,
        attempted: Option<String>,
        created_at: i64,
        updated_at: i64,
        extra: Option<String>,
    }
}

row! {
    RefundRow in "refunds", locked: true, fixed: [deposit_id, number, currency, created_at] {
        deposit_id: i64,
        number: i64,
        amount: i64,
        currency: String,
        state: String,
        processor_reference: Option<String>,
        code: Option<String>,
        reason: Option<String>,
        inquiries: i64,
        created_at: i64,
        updated_at: i64,
        sent_at: Option<i64>,
        not_found_at: Option<i64>,
    }
}

row! {
    InstrumentRow in "instruments", locked: false, fixed: [customer_id, issuer, token, created_at] {
        customer_id: i64,
        issuer: String,
        token: String,
        brand: String,
        expiry: String,
        masked: String,
        created_at: i64,
        updated_at: i64,
    }
}

row! {
    ReplyRow in "replies", locked: false {
        fingerprint: String,
        reply: String,
        at: i64,
    }
}

row! {
    OutboxRow in "outbox", locked: true, fixed: [kind, subject, created_at] {
        kind: String,
        subject: String,
        payload: String,
        due_at: i64,
        tries: i64,
        fence: i64,
        leased_by: Option<String>,
        leased_until: Option<i64>,
        parked_at: Option<i64>,
        done_at: Option<i64>,
        last_error: Option<String>,
        created_at: i64,
    }
}

row! {
    NoticeRow in "notices", locked: true, fixed: [account, reference] {
        account: String,
        reference: String,
        summary: String,
        deliveries: i64,
        at: i64,
    }
}

written! {
    /// One audit row. `seq` and `hash` are filled in when the batch is written.
    AuditRow in "audit" {
        id: i64,
        lane: i64,
        seq: i64,
        hash: String,
        at: i64,
        kind: String,
        subject: String,
        front_end: String,
        pin: String,
        who: String,
        why: String,
        from_state: String,
        to_state: String,
        request_id: String,
        detail: String,
    }
}

row! {
    MarkRow in "payout_marks", locked: true {
        payout_id: i64,
        letter: String,
        given_by: Option<String>,
        at: i64,
    }
}

row! {
    ClaimRow in "payout_claims", locked: true {
        payout_id: i64,
        claimed_by: String,
        until_at: i64,
    }
}

row! {
    PreparerRow in "payout_preparers", locked: false {
        payout_id: i64,
        prepared_by: String,
        first_by: String,
        at: i64,
    }
}

row! {
    NoteRow in "payout_notes", locked: false {
        payout_id: i64,
        written_by: String,
        text: String,
        at: i64,
    }
}

row! {
    ProposalRow in "proposals", locked: true {
        kind: String,
        matter_id: i64,
        front_end: String,
        pin: String,
        subject: String,
        verdict: String,
        reference: Option<String>,
        amount: i64,
        currency: String,
        below_zero: i64,
        reason: String,
        proposed_by: String,
        proposed_at: i64,
        stood: String,
        state: String,
        decided_by: Option<String>,
        decided_why: Option<String>,
        decided_at: Option<i64>,
    }
}

row! {
    /// What went over the wire. No unit of work that moves money reads or writes it.
    ExchangeRow in "exchanges", locked: false {
        subject: String,
        attempt: Option<String>,
        account: String,
        direction: String,
        action: String,
        address: String,
        sent: String,
        status: Option<i64>,
        received: Option<String>,
        failure: Option<String>,
        at: i64,
        took_us: i64,
    }
}
