//! The tokens of callers.

use super::desk::{Desk, Reply};
use super::incoming::Incoming;
use super::outgoing::Tree;
use chrono::Duration;

const LIFETIME_S: i64 = 3600;

impl Desk<'_> {
    pub fn give_token(&mut self, request: &Incoming) -> Reply {
        let setup = &self.world.setup;
        let user = request.get("merchant.username");
        let fits = request.get("authentication.partnerId") == setup.partner_id
            && user.eq_ignore_ascii_case(&setup.username)
            && request.get("authentication.sKey") == setup.secure_key;
        if fits { self.token() } else { self.no_token() }
    }

    /// A partner's token; this simulator's partner has the merchant's key.
    pub fn give_partner_token(&mut self, request: &Incoming) -> Reply {
        let setup = &self.world.setup;
        let fits = request.get("authentication.partnerId") == setup.partner_id
            && request.has("partner.userName")
            && request.get("authentication.sKey") == setup.secure_key;
        if fits { self.token() } else { self.no_token() }
    }

    /// An old token, expired or not, is exchanged for a new one without the key.
    pub fn renew_token(&mut self, request: &Incoming) -> Reply {
        let known = self.world.tokens.contains_key(request.get("authToken"));
        let partner = request.get("authentication.partnerId") == self.world.setup.partner_id;
        if known && partner { self.token() } else { self.no_token() }
    }

    pub fn token_is_good(&self, token: &str) -> bool {
        self.world.tokens.get(token).is_some_and(|ends| self.now < *ends)
    }

    pub fn token_refusal(&self) -> Tree {
        Tree::group().result("401", "Authentication failed").text("timestamp", self.timestamp())
    }

    fn token(&mut self) -> Reply {
        // Three parts like the real one, which callers have no business to look into.
        let token = format!("eyJ0eXAiOiJKV1QifQ.{}.{}", self.entropy.hex(16), self.entropy.hex(16));
        self.world.tokens.insert(token.clone(), self.now + Duration::seconds(LIFETIME_S));
        self.world.tokens_given += 1;
        let setup = &self.world.setup;
        let tree = Tree::group()
            .text("partnerId", setup.partner_id.as_str())
            .text("memberId", setup.member_id.as_str())
            .result("200", "Token generated successfully")
            .text("timestamp", self.timestamp())
            .text("LoginName", setup.username.as_str())
            .text("AuthToken", token);
        Reply::Tree(tree)
    }

    fn no_token(&self) -> Reply {
        self.refuse("403", "Token generation forbidden")
    }
}
