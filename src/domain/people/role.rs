//! Roles as a table. Whoever prepares does not release, whoever manages people touches no money, and the auditor sees
//! everything and changes nothing. A person may have several roles; four eyes are kept per payout, not per role.

use super::right::Right;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Viewer,
    Support,
    Operator,
    Approver,
    Finance,
    Admin,
    Auditor,
}

impl Role {
    pub const ALL: [Role; 7] = [
        Role::Viewer,
        Role::Support,
        Role::Operator,
        Role::Approver,
        Role::Finance,
        Role::Admin,
        Role::Auditor,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Support => "support",
            Role::Operator => "operator",
            Role::Approver => "approver",
            Role::Finance => "finance",
            Role::Admin => "admin",
            Role::Auditor => "auditor",
        }
    }

    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// All names, for whoever named a wrong one.
    pub fn names() -> String {
        Role::ALL.map(Role::name).join(", ")
    }

    /// The whole table, for every pair.
    pub fn has(self, right: Right) -> bool {
        use Right::*;
        use Role::*;
        match right {
            SeePayouts => matches!(self, Viewer | Support | Operator | Approver | Finance | Admin | Auditor),
            SeeDeposits | SeeCustomers => {
                matches!(self, Viewer | Support | Operator | Approver | Finance | Auditor)
            }
            SeeLedger => matches!(self, Finance | Auditor),
            SeeWork => matches!(self, Support | Operator | Approver | Finance | Admin | Auditor),
            SeeExchanges => matches!(self, Finance | Admin | Auditor),
            SeeSetup => matches!(self, Operator | Approver | Finance | Admin | Auditor),
            SeeAudit => matches!(self, Admin | Auditor),
            Export => matches!(self, Operator | Approver | Finance | Auditor),
            ShareViews => matches!(self, Operator | Approver | Finance | Admin),
            Annotate => matches!(self, Support | Operator | Approver | Finance),
            PreparePayouts => matches!(self, Operator),
            RefusePayouts => matches!(self, Operator | Approver),
            ReleasePayouts => matches!(self, Approver),
            ReversePayouts => matches!(self, Approver | Finance),
            RetryAttempts => matches!(self, Operator | Approver),
            SettleUnknown => matches!(self, Approver | Finance),
            AdjustBalances => matches!(self, Finance),
            RunErrands => matches!(self, Operator | Admin),
            ManageUsers => matches!(self, Admin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One row a right, one column a role: viewer, support, operator, approver, finance, admin, auditor.
    #[test]
    fn the_table_of_roles_and_rights() {
        let row = |right: Right| {
            let letters = "vsopfdu".chars().zip(Role::ALL);
            letters.map(|(letter, role)| if role.has(right) { letter } else { '.' }).collect::<String>()
        };
        let table: String = Right::ALL.map(|right| format!("{} {right:?}\n", row(right))).concat();
        println!("{table}");
        let expected = "\
vsopfdu SeePayouts
vsopf.u SeeDeposits
vsopf.u SeeCustomers
....f.u SeeLedger
.sopfdu SeeWork
....fdu SeeExchanges
..opfdu SeeSetup
.....du SeeAudit
..opf.u Export
..opfd. ShareViews
.sopf.. Annotate
..o.... PreparePayouts
..op... RefusePayouts
...p... ReleasePayouts
...pf.. ReversePayouts
..op... RetryAttempts
...pf.. SettleUnknown
....f.. AdjustBalances
..o..d. RunErrands
.....d. ManageUsers
";
        assert_eq!(table, expected);
    }

    #[test]
    fn whoever_only_looks_changes_nothing() {
        for right in Right::ALL {
            let looks = format!("{right:?}").starts_with("See") || right == Right::Export;
            assert!(looks || !Role::Auditor.has(right), "the auditor changes nothing: {right:?}");
            assert!(looks || !Role::Viewer.has(right), "the viewer changes nothing: {right:?}");
        }
    }

    #[test]
    fn no_role_prepares_and_releases_and_no_manager_moves_money() {
        for role in Role::ALL {
            assert!(!(role.has(Right::PreparePayouts) && role.has(Right::ReleasePayouts)), "{role:?}");
            let money = [Right::ReleasePayouts, Right::ReversePayouts, Right::AdjustBalances];
            assert!(!role.has(Right::ManageUsers) || !money.iter().any(|right| role.has(*right)), "{role:?}");
        }
    }

    #[test]
    fn names_lead_back_to_roles() {
        for role in Role::ALL {
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
        assert_eq!(Role::from_name("Viewer"), None);
    }
}
