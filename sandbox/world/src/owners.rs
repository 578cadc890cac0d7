//! Names of users and groups, from `/etc/passwd` and `/etc/group` of the world.

use bstr::{BString, ByteSlice};

use crate::call::Call;

/// A line of one of the two files.
pub struct Account {
    /// The name.
    pub name: BString,
    /// The number.
    pub id: u32,
    /// The fields behind the number: for a user the group is the first.
    pub rest: Vec<BString>,
}

impl Call {
    /// The users.
    pub fn users(&self) -> Vec<Account> {
        self.accounts(b"/etc/passwd")
    }

    /// The groups.
    pub fn groups(&self) -> Vec<Account> {
        self.accounts(b"/etc/group")
    }

    /// A user by name or number.
    pub fn user_id(&self, text: &[u8]) -> Option<u32> {
        id_of(&self.users(), text)
    }

    /// A group by name or number.
    pub fn group_id(&self, text: &[u8]) -> Option<u32> {
        id_of(&self.groups(), text)
    }

    fn accounts(&self, path: &[u8]) -> Vec<Account> {
        let read = self.open(path).and_then(|stream| self.read_all(stream));
        let text = read.unwrap_or_default();
        let account = |line: &[u8]| {
            let mut fields = line.split_str(":");
            let name = BString::from(fields.next()?);
            let id = fields.nth(1)?.to_str().ok()?.parse().ok()?;
            Some(Account { name, id, rest: fields.map(BString::from).collect() })
        };
        text.lines().filter_map(account).collect()
    }
}

/// The name of a number.
pub fn name_of(accounts: &[Account], id: u32) -> Option<&BString> {
    accounts.iter().find(|account| account.id == id).map(|account| &account.name)
}

fn id_of(accounts: &[Account], text: &[u8]) -> Option<u32> {
    let named = accounts.iter().find(|account| account.name == text).map(|account| account.id);
    named.or_else(|| text.to_str().ok()?.parse().ok())
}
