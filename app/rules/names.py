"""Every permission by its name."""

from enum import StrEnum


class Permission(StrEnum):
    """`noun:verb`; the comment names the table that the rule reads."""

    # organizations
    ORGANIZATION_EDIT = "organization:edit"
    ORGANIZATION_ADMIT = "organization:admit"  # whether a community takes part
    ORGANIZATION_STAFF = "organization:staff"  # appointments and roles
    ORGANIZATION_POLICY = "organization:policy"
    TENANT_RUN = "tenant:run"  # divisions, content, employers of the city
    EMPLOYERS_IMPORT = "employers:import"
    COMMUNITY_IMPORT = "community:import"
    COMMUNITY_READ = "community:read"  # members' and orders' lists of the community
    COMMUNITY_BOARD = "community:board"  # open orders of the community
    COMMUNITY_REGISTER = "community:register"
    COMMUNITY_PROTECTED = "community:protected"  # members whom only the secretary sees
    COMMUNITY_DECIDE = "community:decide"  # what was handed up from below
    COMMUNITY_TRIAGE = "community:triage"
    COMMUNITY_HEAR = "community:hear"  # what residents say about members
    COMMUNITY_ENTER = "community:enter"  # needs on behalf of residents
    COMMUNITY_ORDER = "community:order"
    COMMUNITY_UNMET = "community:unmet"  # what found nobody; also of a level's communities
    COMMUNITY_REPORT = "community:report"
    BRANCH_OPINE = "branch:opine"  # its sentence on the sheets of its members
    BRANCH_TAKE = "branch:take"  # orders and wishes in the name of a branch or employer
    COMMUNITY_CALL_UP = "community:call_up"  # also a subdistrict's
    EMPLOYER_ROSTER = "employer:roster"
    EMPLOYER_CHECKS = "employer:checks"  # applications on which employers were silent
    EMPLOYER_FACTS = "employer:facts"
    EMPLOYER_REPORTS = "employer:reports"
    EMPLOYER_BLOCK = "employer:block"  # a whole shift for its own members
    GROUP_BLOCK = "group:block"
    SUMMARY_COMPILE = "summary:compile"
    IMPORT_APPLY = "import:apply"
    PAIRING_PROPOSE = "pairing:propose"
    PAIRING_LIST = "pairing:list"
    PAIRING_READ = "pairing:read"
    PAIRING_CONFIRM = "pairing:confirm"
    PAIRING_END = "pairing:end"
    # members
    MEMBER_READ = "member:read"
    MEMBER_EDIT = "member:edit"
    REGISTRATION_READ = "registration:read"
    REGISTRATION_OWN = "registration:own"
    REGISTRATION_CONFIRM = "registration:confirm"
    REGISTRATION_ACCEPT = "registration:accept"
    REGISTRATION_SUSPEND = "registration:suspend"
    REGISTRATION_UNMASK = "registration:unmask"
    REGISTRATION_REASON = "registration:reason"  # reasons that a community does not learn
    TRANSFER_READ = "transfer:read"
    TRANSFER_LET_GO = "transfer:let_go"
    TRANSFER_TAKE_IN = "transfer:take_in"
    TRANSFER_OWN = "transfer:own"
    RESIDENT_READ = "resident:read"
    # photos
    FILE_OWN = "file:own"
    FILE_DECIDE = "file:decide"  # whether a photo without a verdict is shown
    # needs
    NEED_READ = "need:read"
    NEED_SUPPORT = "need:support"  # it concerns the neighbour too
    NEED_OWN = "need:own"
    NEED_SPEAK = "need:speak"  # in the resident's place, where he has no account
    NEED_TRIAGE = "need:triage"
    NEED_CONTACT = "need:contact"
    NEED_ANSWER_FOR = "need:answer_for"
    NEED_DECIDE = "need:decide"
    # orders
    ORDER_READ = "order:read"
    ORDER_RUN = "order:run"
    ORDER_ATTEND = "order:attend"
    ORDER_CONTACT = "order:contact"
    ORDER_PHOTOGRAPH = "order:photograph"  # adds photos of what was done
    ORDER_PROTECTED = "order:protected"  # names of members whom only the secretary sees
    SEAT_READ = "seat:read"
    SEAT_OWN = "seat:own"
    TAKE_READ = "take:read"  # what a branch has taken
    TAKE_NAME = "take:name"  # who comes for it
    SERIES_RUN = "series:run"
    PLAN_RUN = "plan:run"
    POLL_READ = "poll:read"  # who could come
    POLL_RUN = "poll:run"
    POLL_ANSWER = "poll:answer"
    # call-ups
    CALL_UP_READ = "call_up:read"
    CALL_UP_APPROVE = "call_up:approve"
    CALL_UP_RUN = "call_up:run"
    CALL_UP_LOCATE = "call_up:locate"  # requires the location of who comes
    CALL_UP_PHONE = "call_up:phone"  # has a call list of his own
    CALL_UP_PROTECTED = "call_up:protected"
    CALL_UP_PLAN_READ = "call_up_plan:read"
    CALL_UP_PLAN_KEEP = "call_up_plan:keep"
    REPLY_GIVE = "reply:give"
    SHIFT_NAME = "shift:name"
    SHIFT_SEAT_OWN = "shift_seat:own"
    SHIFT_TEAM_READ = "shift_team:read"  # who is in it
    SHIFT_TEAM_LEAD = "shift_team:lead"
    # posts
    POST_BOARD = "post:board"  # open posts of a community
    POST_KEEP = "post:keep"  # the community's own list of posts, its claims, what it might offer
    POST_READ = "post:read"
    POST_RUN = "post:run"
    CLAIM_READ = "claim:read"
    CLAIM_OWN = "claim:own"
    CLAIM_RUN = "claim:run"
    # wishes
    WISH_KEEP = "wish:keep"  # the community's own list of wishes
    WISH_READ = "wish:read"
    WISH_OWN = "wish:own"
    WISH_RUN = "wish:run"
    WISH_ANSWER_FOR = "wish:answer_for"
    WISH_CLAIM = "wish:claim"  # as a member there, or in the name of a unit
    WISH_SERVE = "wish:serve"  # holds the living claim
    # records
    RECORD_KEEP = "record:keep"  # what the community has to decide about
    RECORD_DRAWN = "record:drawn"  # what chance has drawn there
    RECORD_READ = "record:read"
    RECORD_OWN = "record:own"
    RECORD_CORRECT = "record:correct"
    SAMPLE_AUDIT = "sample:audit"
    CERTIFICATE_READ = "certificate:read"
    CERTIFICATE_OWN = "certificate:own"
    CERTIFICATE_CHECK = "certificate:check"
    CERTIFICATE_ISSUE = "certificate:issue"
    # statistics
    STATISTICS_READ = "statistics:read"
    STATISTICS_OWN = "statistics:own"  # the people counted there are its own: no cell is too small
    ROLL_UP_READ = "roll_up:read"
    ROLL_UP_SEND = "roll_up:send"  # its text to members and residents
    # the yearly appraisal
    EVALUATION_PLAN = "evaluation:plan"  # the days of a year
    APPRAISAL_PANEL = "appraisal:panel"  # who rates, and how many have answered
    APPRAISAL_COUNT = "appraisal:count"  # ballots on paper
    APPRAISAL_RATE = "appraisal:rate"
    RATERS_ASK = "raters:ask"  # who rated a member
    RATERS_OPEN = "raters:open"  # agrees or refuses, and looks
    # evaluations
    COMMUNITY_CONDUCT = "community:conduct"  # suggestions, items and praise of its members
    CONDUCT_LIST = "conduct:list"  # items, objections, praise that one has a part in
    EMPLOYER_TALKS = "employer:talks"
    NEGATIVE_ALLEGE = "negative_item:allege"
    NEGATIVE_READ = "negative_item:read"
    NEGATIVE_OWN = "negative_item:own"
    NEGATIVE_AGREE = "negative_item:agree"  # the second person
    NEGATIVE_CONFIRM = "negative_item:confirm"
    NEGATIVE_REVIEW = "negative_item:review"  # in whose name it goes out
    NEGATIVE_DROP = "negative_item:drop"
    OBJECTION_READ = "objection:read"
    OBJECTION_OWN = "objection:own"
    OBJECTION_ANSWER = "objection:answer"
    OBJECTION_DECIDE = "objection:decide"
    OBJECTION_SETTLE = "objection:settle"  # once more, above
    TALK_READ = "talk:read"
    TALK_HOLD = "talk:hold"
    COMMENDATION_READ = "commendation:read"
    COMMENDATION_OWN = "commendation:own"
    COMMENDATION_CONFIRM = "commendation:confirm"
    COMMENDATION_WITHDRAW = "commendation:withdraw"
    # reports
    REPORT_READ = "report:read"
    REPORT_OWN = "report:own"
    REPORT_SIGN = "report:sign"
    REPORT_OPINE = "report:opine"  # the sentence of the functional branch
    REPORT_FACTS = "report:facts"  # of every member of the employer
    REPORT_VOTES = "report:votes"  # votes and opinions, of every member
    REPORT_ACKNOWLEDGE = "report:acknowledge"
    EXPORT_OWN = "export:own"
    # the house
    AUDIT_READ = "audit:read"
